import { execFileSync } from 'node:child_process';

/** A Python, which the product never needs: EMEND_PYTHON, or the one on the path. */
export const python = process.env['EMEND_PYTHON'] ?? 'python3';

/** Whether it has transformers and torch. */
export const hasTransformers = (() => {
  try {
    const look = 'import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ("transformers", "torch"))))';
    execFileSync(python, ['-c', look], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
