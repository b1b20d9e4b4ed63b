// The script and the styles of the page. Their hashes stand in its policy of content: after a change here the
// test of this file says the new ones.
#include "reconcilers/preview/graph_svg.h"

namespace fairlead::reconcilers::preview {

std::string_view PageScript() {
  static constexpr char kScript[] = R"js('use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const graph = JSON.parse(byId('data').textContent);
  const svg = document.querySelector('svg'), panel = byId('details'), search = byId('search');
  const size = [svg.width.baseVal.value, svg.height.baseVal.value];
  const all = (css) => [...svg.querySelectorAll(css)];
  const chips = all('.chip'), boxes = all('.box'), edges = all('.edge');
  const indexOf = new Map(graph.boxes.map((box, i) => [box.name, i]));
  let pinned = null, scale = 1;

  const add = (parent, tag, text) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const list = (parent, title, items) => {
    if (!items || items.length === 0) return;
    add(parent, 'h3', title);
    const ul = add(parent, 'ul');
    for (const item of items) add(ul, 'li', item);
  };
  const signs = {added: '+ ', removed: '− ', changed: '~ '};
  const sign = (part) => signs[part.change] || '';

  const serviceInto = (parent, service, level) => {
    add(parent, level, sign(service) + service.name);
    add(parent, 'p', 'Everyone in the mesh: ' + service.everyone + '. Its own box: ' + service.own +
        '. In plain text: ' + service.plain + '.');
    list(parent, 'Other callers', service.callers.map((c) => c.words));
    list(parent, 'Ports', service.ports);
    list(parent, 'Waypoint', service.waypoint ? [service.waypoint] : []);
    list(parent, 'Policies in force', service.policies);
    list(parent, 'AuthorizationPolicies on the way', service.authorization);
  };
  const edgeText = (edge) => sign(edge) + edge.from + (edge.kind === 'denied' ? ' may not call ' : ' may call ') +
      edge.services + ' of ' + edge.of + ' services of ' + edge.to + (edge.who ? ': ' + edge.who + ' alone' : '') +
      (edge.kind === 'depends' ? ', depending on the request' : '');
  const boxInto = (parent, box) => {
    add(parent, 'h2', sign(box) + box.name);
    if (box.isolation) add(parent, 'p', 'Isolation ' + box.isolation);
    list(parent, 'Comes in', graph.edges.filter((e) => e.to === box.name).map(edgeText));
    list(parent, 'Goes out', graph.edges.filter((e) => e.from === box.name).map(edgeText));
    list(parent, 'Namespaces', box.namespaces);
    list(parent, 'Rights', box.roles);
    for (const service of box.services) {
      const details = add(parent, 'details');
      add(details, 'summary', sign(service) + service.name);
      serviceInto(details, service, 'h4');
    }
  };
  const edgeInto = (parent, edge) => {
    add(parent, 'h2', edgeText(edge));
    const to = graph.boxes[indexOf.get(edge.to)];
    list(parent, 'Services', to.services.flatMap((service) => service.callers
        .filter((c) => c.box === edge.from)
        .map((c) => service.name + ' ← ' + c.words)));
  };

  const show = (element) => {
    panel.replaceChildren();
    const {box, service, edge} = element.dataset;
    if (edge !== undefined) edgeInto(panel, graph.edges[edge]);
    else if (service !== undefined) serviceInto(panel, graph.boxes[box].services[service], 'h2');
    else boxInto(panel, graph.boxes[box]);
  };
  const near = (index) => {
    const found = new Set([index]);
    for (const edge of edges) {
      if (edge.dataset.from === index) found.add(edge.dataset.to);
      if (edge.dataset.to === index) found.add(edge.dataset.from);
    }
    return found;
  };
  const pin = (element) => {
    pinned = element;
    const {box, edge, from, to} = element ? element.dataset : {};
    const kept = !element ? null : edge !== undefined ? new Set([from, to]) : near(box);
    for (const one of boxes) one.classList.toggle('dim', kept !== null && !kept.has(one.dataset.box));
    for (const one of edges) {
      const mine = edge !== undefined ? one === element : one.dataset.from === box || one.dataset.to === box;
      one.classList.toggle('dim', kept !== null && !mine);
    }
    if (element) show(element);
  };
  const part = (event) => event.target.closest('.chip,.edge,.box');

  svg.addEventListener('pointerover', (event) => { if (!pinned && part(event)) show(part(event)); });
  svg.addEventListener('focusin', (event) => { if (!pinned && part(event)) show(part(event)); });
  svg.addEventListener('click', (event) => pin(part(event) === pinned ? null : part(event)));

  let hits = [], at = 0;
  const find = () => {
    const text = search.value.trim().toLowerCase();
    hits = [];
    for (const chip of chips) {
      const box = graph.boxes[chip.dataset.box], service = box.services[chip.dataset.service];
      const words = [box.name, service.name, service.waypoint, ...service.policies, ...service.authorization];
      const hit = text !== '' && words.some((word) => word.toLowerCase().includes(text));
      chip.classList.toggle('hit', hit);
      chip.classList.toggle('miss', text !== '' && !hit);
      if (hit) hits.push(chip);
    }
    at = 0;
    byId('found').textContent = text === '' ? '' : hits.length + ' of ' + chips.length + ' services';
  };
  const go = (element) => {
    element.focus({preventScroll: true});
    element.scrollIntoView({block: 'center', inline: 'center'});
  };
  search.addEventListener('input', find);
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || hits.length === 0) return;
    const next = hits[at++ % hits.length];
    pin(null);
    next.scrollIntoView({block: 'center', inline: 'center'});
    show(next);
  });

  const step = (things, by) => {
    const from = document.activeElement.closest ? document.activeElement.closest('.chip,.box') : null;
    const index = from === null ? -1 : things.findIndex((thing) => thing === from || thing.contains(from));
    if (things.length > 0) go(things[(index + by + things.length) % things.length]);
  };
  document.addEventListener('keydown', (event) => {
    if (event.target === search) {
      if (event.key === 'Escape') { search.value = ''; find(); search.blur(); }
      return;
    }
    const focused = document.activeElement;
    if (event.key === '/') { event.preventDefault(); search.focus(); }
    else if (event.key === 'Escape') pin(null);
    else if (event.key === 'Enter' && svg.contains(focused)) pin(focused === pinned ? null : focused);
    else if (event.key === 'ArrowDown' && svg.contains(focused)) { event.preventDefault(); step(chips, 1); }
    else if (event.key === 'ArrowUp' && svg.contains(focused)) { event.preventDefault(); step(chips, -1); }
    else if (event.key === 'ArrowRight' && svg.contains(focused)) { event.preventDefault(); step(boxes, 1); }
    else if (event.key === 'ArrowLeft' && svg.contains(focused)) { event.preventDefault(); step(boxes, -1); }
  });

  const zoom = (to) => {
    scale = Math.min(4, Math.max(0.1, to));
    svg.setAttribute('width', size[0] * scale);
    svg.setAttribute('height', size[1] * scale);
  };
  byId('plus').addEventListener('click', () => zoom(scale * 1.25));
  byId('minus').addEventListener('click', () => zoom(scale / 1.25));
  byId('fit').addEventListener('click', () => zoom(byId('picture').clientWidth / size[0]));
  byId('theme').addEventListener('click', () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  });
})();
)js";
  return {kScript, sizeof(kScript) - 1};
}

std::string_view PageStyle() {
  static constexpr char kStyle[] = R"css(
:root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--dim:#57606a;--box:#f6f8fa;--line:#8c959f;--chip:#fff;
--edge:#d0d7de;--badge:#eaeef2;--plus:#1a7f37;--minus:#cf222e;--change:#9a6700;--hit:#fff3b0;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#b58900;--c5:#3a9bd9;--c6:#8c6d31;--c7:#6a3d9a}
@media(prefers-color-scheme:dark){:root:not([data-theme=light]){--back:#0d1117;--text:#e6edf3;--dim:#9da7b3;
--box:#161b22;--line:#6e7681;--chip:#0d1117;--edge:#3d444d;--badge:#21262d;--plus:#3fb950;--minus:#ff7b72;
--change:#d29922;--hit:#4b3d00;--c0:#58a6ff;--c1:#ff9e64;--c2:#2fd3a5;--c3:#f0a6d0;--c4:#e3b341;--c5:#79c0ff;
--c6:#c9a66b;--c7:#b692f6}}
:root[data-theme=dark]{color-scheme:dark;--back:#0d1117;--text:#e6edf3;--dim:#9da7b3;--box:#161b22;--line:#6e7681;
--chip:#0d1117;--edge:#3d444d;--badge:#21262d;--plus:#3fb950;--minus:#ff7b72;--change:#d29922;--hit:#4b3d00;
--c0:#58a6ff;--c1:#ff9e64;--c2:#2fd3a5;--c3:#f0a6d0;--c4:#e3b341;--c5:#79c0ff;--c6:#c9a66b;--c7:#b692f6}
:root[data-theme=light]{color-scheme:light}
*{box-sizing:border-box}
html,body{height:100%;margin:0;background:var(--back);color:var(--text);
font-family:'DejaVu Sans',Verdana,Arial,sans-serif;font-size:14px}
body{display:flex;flex-direction:column}
header{display:flex;flex-wrap:wrap;gap:12px;align-items:center;padding:8px 16px;border-bottom:1px solid var(--edge)}
h1{font-size:16px;margin:0 12px 0 0}h2{font-size:15px;margin:0 0 8px}h3{font-size:13px;margin:12px 0 4px}
h4{display:none}p{margin:4px 0}ul{margin:0;padding-left:18px}li,summary{overflow-wrap:anywhere}
input,button{font:inherit;color:inherit;background:var(--chip);border:1px solid var(--line);border-radius:4px;
padding:4px 8px}
#found,.help{color:var(--dim)}
main{display:flex;flex:1;min-height:0}
#picture{flex:1;overflow:auto;min-width:0}
#details{width:340px;overflow:auto;padding:12px 16px;border-left:1px solid var(--edge)}
details{margin:4px 0;padding-left:4px}details[open]{border-left:2px solid var(--edge)}
svg text{font-family:'DejaVu Sans',Verdana,Arial,sans-serif;fill:var(--text)}
.title{font-size:14px;font-weight:bold}.sub{font-size:11px;fill:var(--dim)!important}.label{font-size:11px}
.small{font-size:9px}.sign{font-size:12px;font-weight:bold}
.box>rect{fill:var(--box);stroke:var(--line);stroke-width:1.5}.box.namespace>rect{stroke-dasharray:5 3}
.chip>rect{fill:var(--chip);stroke:var(--edge)}.badge rect{fill:var(--badge);stroke:var(--line)}
.box,.chip,.edge{cursor:pointer;outline:none}
.chip:hover>rect,.chip:focus>rect,.box:focus>rect{stroke:var(--c0);stroke-width:2.5}
.tag circle{fill:var(--chip);stroke-width:1.8}.cross{stroke:var(--minus);stroke-width:2;fill:none}
.edge path{fill:none;stroke-width:2}.edge.some path{stroke-dasharray:7 4}
.edge.depends path{stroke-dasharray:2 4}.edge.denied path{stroke-dasharray:1 3;stroke-width:2.6}
.edge:hover path{stroke-width:4}marker path{fill:var(--text)}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}
.c5{stroke:var(--c5)}.c6{stroke:var(--c6)}.c7{stroke:var(--c7)}
.added>rect,.edge.added path{stroke:var(--plus);stroke-width:2.6}
.removed>rect,.edge.removed path{stroke:var(--minus);stroke-width:2.6}
.changed>rect,.edge.changed path{stroke:var(--change);stroke-width:2.6}
.added .sign{fill:var(--plus)}.removed .sign{fill:var(--minus)}.changed .sign{fill:var(--change)}
.removed .label{text-decoration:line-through}
.dim{opacity:.15}.miss{opacity:.25}.hit>rect{fill:var(--hit);stroke:var(--change);stroke-width:2}
@media(max-width:800px){main{flex-direction:column}#details{width:auto;height:40%;border-left:0;
border-top:1px solid var(--edge)}}
)css";
  return {kStyle, sizeof(kStyle) - 1};
}

const char kPageScriptHash[] = "sha256-iofD+9IDvGDaCWLRNQ8tcz7yY08npVzoX5S7bu294bM=";
const char kPageStyleHash[] = "sha256-1r5UN2SyhFDHTQ0ui8uU21I3VyqYUrCkjKhAivu405Q=";

}  // namespace fairlead::reconcilers::preview
