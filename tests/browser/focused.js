() => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const s = getComputedStyle(e);
    window.seen = window.seen || new Set();
    const again = window.seen.has(e); window.seen.add(e);
    const r = e.getBoundingClientRect();
    return {again, outline: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0, shown: r.width > 0 && r.height > 0,
            name: e.outerHTML.slice(0, 120)};
}
