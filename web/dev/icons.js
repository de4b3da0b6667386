// Gives the page the Lucide shapes named in src/ui/icons.txt, each as one path: `virtual:icons` has those before the
// empty line, which the first load needs, `virtual:icons/more` the others.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const ids = ['virtual:icons', 'virtual:icons/more'];
const list = new URL('../src/ui/icons.txt', import.meta.url);

export function icons() {
  return {
    name: 'santral-icons',
    resolveId: (wanted) => (ids.includes(wanted) ? `\0${wanted}` : null),
    load(wanted) {
      const part = ids.indexOf(wanted.slice(1));
      if (!wanted.startsWith('\0') || part < 0) return null;
      const nodes = createRequire(import.meta.url)('lucide-static/icon-nodes.json');
      const names = readFileSync(list, 'utf8').split('\n\n')[part].split('\n').map((line) => line.trim()).filter(Boolean).sort();
      const shapes = {};
      for (const name of names) {
        if (!nodes[name]) this.error(`no icon is called ${name}`);
        shapes[name] = nodes[name].map(([tag, attributes]) => path(tag, attributes)).join('');
      }
      return `export default ${JSON.stringify(shapes)};`;
    },
  };
}

/** Every outline shape can be said as a path. */
function path(tag, a) {
  const n = (name) => Number(a[name] ?? 0);
  switch (tag) {
    case 'path':
      return a.d.startsWith('m') ? `M0 0${a.d}` : a.d;
    case 'line':
      return `M${a.x1} ${a.y1}L${a.x2} ${a.y2}`;
    case 'circle':
      return `M${n('cx') - n('r')} ${a.cy}a${a.r} ${a.r} 0 1 0 ${2 * n('r')} 0a${a.r} ${a.r} 0 1 0 ${-2 * n('r')} 0`;
    case 'rect':
      return rectangle(n('x'), n('y'), n('width'), n('height'), n('rx') || n('ry'));
    case 'polyline':
    case 'polygon':
      return `M${a.points}${tag === 'polygon' ? 'z' : ''}`;
    default:
      throw new Error(`shape ${tag} is not known`);
  }
}

function rectangle(x, y, width, height, r) {
  const corner = (dx, dy) => (r === 0 ? '' : `a${r} ${r} 0 0 1 ${dx} ${dy}`);
  return `M${x + r} ${y}h${width - 2 * r}${corner(r, r)}v${height - 2 * r}${corner(-r, r)}h${2 * r - width}${corner(-r, -r)}v${2 * r - height}${corner(r, -r)}z`;
}
