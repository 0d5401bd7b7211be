/** Adam (Kingma & Ba 2015) on one vector, with PyTorch's constants. */
export class Adam {
  private readonly m: Float64Array;
  private readonly v: Float64Array;
  private readonly rate: number;
  private t = 0;

  constructor(size: number, learningRate: number) {
    this.m = new Float64Array(size);
    this.v = new Float64Array(size);
    this.rate = learningRate;
  }

  /** Moves x against its gradient, in place. */
  step(x: Float64Array, gradient: Float64Array | Float32Array): void {
    const [b1, b2, epsilon] = [0.9, 0.999, 1e-8];
    this.t++;
    const c1 = 1 - b1 ** this.t;
    const c2 = Math.sqrt(1 - b2 ** this.t);
    for (let i = 0; i < x.length; i++) {
      const g = gradient[i]!;
      this.m[i] = b1 * this.m[i]! + (1 - b1) * g;
      this.v[i] = b2 * this.v[i]! + (1 - b2) * g * g;
      x[i]! -= ((this.rate / c1) * this.m[i]!) / (Math.sqrt(this.v[i]!) / c2 + epsilon);
    }
  }
}
