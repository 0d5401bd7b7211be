import { describe, expect, test } from 'vitest';
import { uploadPath } from '../../../electron/cli/serve/upload-path.ts';

const encoded = (path: string) => encodeURIComponent(path);

describe('the path of an uploaded file', () => {
  test.each([
    ['model.onnx', ['model.onnx']],
    ['gpt2/onnx/model.onnx_data', ['gpt2', 'onnx', 'model.onnx_data']],
    ['Modèle é/…/a b.json', ['Modèle é', '…', 'a b.json']],
    ['.gitattributes', ['.gitattributes']],
    ['a%2Fb', ['a%2Fb']],
  ])('%s is taken', (path, names) => {
    expect(uploadPath(encoded(path), 'linux')).toEqual(names);
  });

  test.each([
    ['', 'plain relative path'],
    ['/etc/passwd', 'plain relative path'],
    ['a//b', 'plain relative path'],
    ['a/', 'plain relative path'],
    ['..', 'plain relative path'],
    ['a/../../b', 'plain relative path'],
    ['./a', 'plain relative path'],
    ['..\\a', 'cannot be the name'],
    ['a\0b', 'cannot be the name'],
    ['a\nb', 'cannot be the name'],
    ['x'.repeat(256), 'longer than 255 bytes'],
    ['é'.repeat(128), 'longer than 255 bytes'],
    ['a/'.repeat(32) + 'b', 'folders deep'],
  ])('%j is refused', (path, why) => {
    expect(() => uploadPath(encoded(path), 'linux')).toThrow(why);
  });

  test('is refused when it is missing, given twice, or not percent-encoded', () => {
    expect(() => uploadPath(undefined)).toThrow('missing');
    expect(() => uploadPath(['a', 'b'])).toThrow('missing');
    expect(() => uploadPath('100%')).toThrow('percent-encoded');
  });

  test.each(['C:\\x', 'a:stream', 'con', 'NUL.txt', 'com1', 'end.', 'end ', 'a?b'])('%j is refused on Windows alone', (path) => {
    expect(() => uploadPath(encoded(path), 'win32')).toThrow('cannot be the name');
    if (!path.includes('\\')) expect(uploadPath(encoded(path), 'linux')).toEqual([path]);
  });
});
