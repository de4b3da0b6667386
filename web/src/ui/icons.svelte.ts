/** The shapes of icons: those of the first load are there, the others come when one is asked for. */
import first from 'virtual:icons';

class More {
  shapes = $state.raw<Record<string, string>>({});
  private asked = false;

  of(name: string): string | undefined {
    if (!this.asked) {
      this.asked = true;
      import('virtual:icons/more').then((loaded) => (this.shapes = loaded.default)).catch(() => (this.asked = false));
    }
    return this.shapes[name];
  }
}

const more = new More();

export const shapeOf = (name: string): string | undefined => first[name] ?? more.of(name);
