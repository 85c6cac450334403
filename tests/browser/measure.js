(printed) => {
    const faults = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) faults.push('page ' + document.documentElement.scrollWidth);
    const said = e => (e.textContent || '').trim().replace(/\s+/g, ' ').slice(0, 40);
    const scrolls = e => e.closest('.scroll');
    const clipped = e => { const head = e.closest('thead'); return head && getComputedStyle(head).clipPath !== 'none'; };
    const boxes = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, e = node.parentElement;
        if (!node.data.trim() || !e.checkVisibility({contentVisibilityAuto: true}) || e.closest('.vh, .skip, svg title, svg desc') || clipped(e))
            continue;
        const range = document.createRange(); range.selectNodeContents(node);
        for (const r of range.getClientRects()) {
            if (r.width < 1 || r.height < 1) continue;
            const framed = scrolls(e);
            if (r.right > width + 1 && (printed || !framed)) faults.push('outside ' + said(e));
            if (r.left < -1) faults.push('left of the page ' + said(e));
            boxes.push({l: r.left, r: r.right, t: r.top + r.height * .18, b: r.bottom - r.height * .18, e});
        }
    }
    boxes.sort((a, b) => a.t - b.t);
    for (let i = 0; i < boxes.length; i++)
        for (let j = i + 1; j < boxes.length && boxes[j].t < boxes[i].b; j++) {
            const a = boxes[i], b = boxes[j];
            if (a.e !== b.e && Math.min(a.r, b.r) - Math.max(a.l, b.l) > 1.5 && Math.min(a.b, b.b) - Math.max(a.t, b.t) > 1.5)
                faults.push('over each other: ' + said(a.e) + ' | ' + said(b.e));
        }
    for (const e of document.querySelectorAll('main *')) {
        const s = getComputedStyle(e);
        if (!e.closest('.vh, svg') && !clipped(e) && ['hidden', 'clip'].includes(s.overflowX) && e.scrollWidth > e.clientWidth + 1 && said(e))
            faults.push('cut off ' + said(e));
        if (printed && e.matches('.scroll') && e.scrollWidth > e.clientWidth + 1) faults.push('cut off on paper ' + e.getAttribute('aria-label'));
    }
    return [...new Set(faults)].slice(0, 8);
}
