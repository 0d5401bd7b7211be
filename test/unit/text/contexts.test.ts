import { describe, expect, it } from 'vitest';
import { cleanContext, contextPrefix, contextTemplates } from '../../../electron/engine/text/contexts.ts';

describe('contextTemplates', () => {
  it('begins with the bare prompt and puts each text, as a sentence, before it', () => {
    expect(contextTemplates(['The old man', ' ', 'You {know}\n\nit'])).toEqual(['{}', 'The old man. {}', 'You  know  it. {}']);
  });
  it('leaves no brace and no compatibility character', () => {
    expect(cleanContext('{a}{}ﬁ\u00a0x')).toBe(' a   fi x');
  });
});

describe('contextPrefix', () => {
  it('is what stands before the prompt', () => {
    expect(contextTemplates(['I']).map(contextPrefix)).toEqual(['', 'I. ']);
  });
  it.each(['none', '{} and {}', '{} after'])('refuses %j', (template) => {
    expect(() => contextPrefix(template)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});
