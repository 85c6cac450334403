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
            const block = e.closest('.card, .tiles li, .facts div'), edge = block && block.getBoundingClientRect();
            if (edge && (printed || !framed) && (r.right > edge.right + 1 || r.left < edge.left - 1)) faults.push('out of its block ' + said(e));
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
    // a block whose child crosses its border, and neighbours whose boxes lie over each other (chips that wrap)
    for (const e of document.querySelectorAll('main .card > *, main .card table, main .lead *, main .issue a')) {
        const block = e.closest('.card') || document.querySelector('main'), framed = e.closest('.scroll');
        const edge = block.getBoundingClientRect(), r = e.getBoundingClientRect();
        if (r.width > 1 && (printed || !framed || framed === e) && r.right > edge.right + 1 && !e.closest('.vh, svg'))
            faults.push('crosses its block ' + (said(e) || e.tagName));
    }
    const below = document.querySelector('main .lead + *');
    if (below)
        for (const e of document.querySelectorAll('main .lead *'))
            if (e.getBoundingClientRect().bottom > below.getBoundingClientRect().top + 1 && said(e)) faults.push('over what comes below ' + said(e));
    return [...new Set(faults)].slice(0, 8);
}
