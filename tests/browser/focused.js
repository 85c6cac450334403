() => {
    // notes each element that the keyboard comes to, whether it is seen there, and whether its frame shows
    window.reached = [];
    document.addEventListener('focusin', event => {
        const e = event.target, s = getComputedStyle(e), r = e.getBoundingClientRect();
        window.reached.push({name: e.outerHTML.slice(0, 120), again: window.reached.some(one => one.element === e), element: e,
            outline: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0, shown: r.width > 0 && r.height > 0});
    });
}
