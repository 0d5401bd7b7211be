/** Who may import whom (DESIGN: arrows point one way). Run by `npm run rules`. */
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from: { path: from }, to: { path: to } });

/**
 * The engine's folders from the ground up (DESIGN): each imports from those before it, never from its neighbours in the same step or from
 * those behind.
 */
const ENGINE = [
  ['onnx'],
  ['linalg'],
  ['autodiff', 'architectures'],
  ['text'],
  ['runtime'],
  ['anatomy'],
  ['decoder'],
  ['dissect', 'edit', 'locate', 'steer'],
  ['evaluate'],
  ['llama'],
  ['handlers'],
];
const engineRules = ENGINE.flatMap((step, at) =>
  step.map((folder) => {
    const closed = [...step.filter((one) => one !== folder), ...ENGINE.slice(at + 1).flat()];
    const files = folder === 'handlers' ? [] : ['[^/]+\\.ts$'];
    const to = [...closed.map((one) => `${one}/`), ...files].map((one) => `^electron/engine/${one}`);
    return rule(`engine-${folder}`, `^electron/engine/${folder}/`, to, 'inside the engine arrows point to the left');
  }),
).filter(({ to }) => to.path.length > 0);

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    rule('shared-stands-alone', '^shared/', '^(electron|renderer|models|build|test)/', 'shared runs anywhere'),
    rule('shared-is-pure', '^shared/', '^node:', 'shared runs in the renderer too'),
    rule('engine-knows-no-host', '^electron/engine/', '^electron/(main|preload|cli|services|ledger)/', 'numerics only'),
    rule(
      'ledger-knows-no-networks',
      '^electron/ledger/',
      '^electron/(main|preload|cli|services|engine)/',
      'the ledger records, it does not compute',
    ),
    ...engineRules,
    {
      ...rule('the-engine-has-three-doors', '^electron/(?!engine/)', '^electron/engine/', 'host, jobs and records'),
      to: { path: '^electron/engine/', pathNot: '^electron/engine/(host|jobs|records)\\.ts$' },
    },
    rule('services-know-no-host', '^electron/services/', '^electron/(main|preload|cli)/', 'every host uses the same services'),
    rule('hosts-stand-apart', '^electron/(main|preload)/', '^electron/cli/', 'what two hosts share lies in the services'),
    rule('the-command-line-needs-no-electron', '^electron/cli/', '^electron/(main|preload)/', 'what two hosts share lies in the services'),
    rule('renderer-sees-the-contract', '^renderer/', '^(electron|models|build|test)/', 'screens see only shared/'),
    {
      ...rule('screens-stand-apart', '^renderer/screens/([^/]+)/', '^renderer/screens/', 'what two screens share lies in the components'),
      to: { path: '^renderer/screens/', pathNot: '^renderer/screens/$1/' },
    },
    rule('components-know-no-screen', '^renderer/(components|client)/', '^renderer/(screens|shell)/', 'screens are made of components'),
    rule('state-knows-no-screen', '^renderer/state/', '^renderer/(screens|shell|components)/', 'what is shown follows the state'),
    rule('screens-know-no-shell', '^renderer/screens/', '^renderer/shell/', 'the shell goes around the screens'),
    {
      name: 'only-main-and-preload-import-electron',
      severity: 'error',
      from: { pathNot: '^electron/(main|preload)/' },
      to: { path: '^(node_modules/)?electron(/|$)', pathNot: '^electron/' },
    },
    { name: 'no-test-in-product', severity: 'error', from: { path: '^(electron|renderer|shared)/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
