/** The figures of an order as the agent types it. Prices include KDV; each line is rounded to the kuruş. */

export interface Line {
  product: string | null;
  name: string;
  quantity: number;
  unit_price: number;
  vat_rate: number;
}

export interface Figures {
  net: number;
  vat: number;
  total: number;
}

export function figures(line: Line): Figures {
  const total = Math.round(line.quantity * line.unit_price);
  const net = Math.round((total * 100) / (100 + line.vat_rate));
  return { net, vat: total - net, total };
}

export function sum(lines: Line[]): Figures {
  return lines.map(figures).reduce((a, b) => ({ net: a.net + b.net, vat: a.vat + b.vat, total: a.total + b.total }), {
    net: 0,
    vat: 0,
    total: 0,
  });
}
