import { create, createFileRegistry, fromJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf';
import {
  file_google_protobuf_struct,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type DescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

/**
 * in-toto's published schemas, for reading our JSON by them: messages, field numbers and types as in the repository in-toto/attestation,
 * protos/in_toto_attestation/{v1/resource_descriptor, v1/statement, predicates/test_result/v0/test_result}.proto (2026-08-17).
 */
const V1 = 'in_toto_attestation.v1';
const TEST_RESULT = 'in_toto_attestation.predicates.test_result.v0';
const STRUCT = 'google.protobuf.Struct';
const DESCRIPTOR = `${V1}.ResourceDescriptor`;

type Type = 'string' | 'bytes' | `${string}.${string}`;
interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: Type;
  readonly repeated?: true;
  readonly jsonName?: string;
}

type Message = Extract<MessageInitShape<typeof DescriptorProtoSchema>, { $typeName?: never }>;

function message(name: string, fields: readonly Field[], more: Message = {}): Message {
  return {
    ...more,
    name,
    field: fields.map(
      ({ name, number, type, repeated, jsonName = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) }) => ({
        name,
        number,
        jsonName,
        label: repeated ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
        ...(type === 'string'
          ? { type: FieldDescriptorProto_Type.STRING }
          : type === 'bytes'
            ? { type: FieldDescriptorProto_Type.BYTES }
            : { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.${type}` }),
      }),
    ),
  };
}

/** What protobuf makes of `map<string, string> digest`. */
const digestEntry = message(
  'DigestEntry',
  [
    { name: 'key', number: 1, type: 'string' },
    { name: 'value', number: 2, type: 'string' },
  ],
  { options: { mapEntry: true } },
);

/** The schemas as descriptors; google/protobuf/struct.proto comes with the library. */
export const IN_TOTO_FILES = [
  {
    name: 'in_toto_attestation/v1/resource_descriptor.proto',
    package: V1,
    syntax: 'proto3',
    dependency: ['google/protobuf/struct.proto'],
    messageType: [
      message(
        'ResourceDescriptor',
        [
          { name: 'name', number: 1, type: 'string' },
          { name: 'uri', number: 2, type: 'string' },
          { name: 'digest', number: 3, type: `${DESCRIPTOR}.DigestEntry`, repeated: true },
          { name: 'content', number: 4, type: 'bytes' },
          { name: 'download_location', number: 5, type: 'string' },
          { name: 'media_type', number: 6, type: 'string' },
          { name: 'annotations', number: 7, type: STRUCT },
        ],
        { nestedType: [digestEntry] },
      ),
    ],
  },
  {
    name: 'in_toto_attestation/v1/statement.proto',
    package: V1,
    syntax: 'proto3',
    dependency: ['google/protobuf/struct.proto', 'in_toto_attestation/v1/resource_descriptor.proto'],
    messageType: [
      message('Statement', [
        { name: 'type', number: 1, type: 'string', jsonName: '_type' },
        { name: 'subject', number: 2, type: DESCRIPTOR, repeated: true },
        { name: 'predicate_type', number: 3, type: 'string' },
        { name: 'predicate', number: 4, type: STRUCT },
      ]),
    ],
  },
  {
    name: 'in_toto_attestation/predicates/test_result/v0/test_result.proto',
    package: TEST_RESULT,
    syntax: 'proto3',
    dependency: ['in_toto_attestation/v1/resource_descriptor.proto'],
    messageType: [
      message('TestResult', [
        { name: 'result', number: 1, type: 'string' },
        { name: 'configuration', number: 2, type: DESCRIPTOR, repeated: true },
        { name: 'url', number: 3, type: 'string' },
        { name: 'passed_tests', number: 4, type: 'string', repeated: true },
        { name: 'warned_tests', number: 5, type: 'string', repeated: true },
        { name: 'failed_tests', number: 6, type: 'string', repeated: true },
      ]),
    ],
  },
].map((file) => create(FileDescriptorProtoSchema, file));

const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file_google_protobuf_struct.proto, ...IN_TOTO_FILES] }));

/** Reads JSON as a message of the schemas. @throws Error at a field that the message does not have or whose value is of another type */
function read(name: string, json: unknown): void {
  fromJson(registry.getMessage(name)!, json as JsonValue, { registry, ignoreUnknownFields: false });
}

/**
 * Holds JSON against the published Statement, and its predicate against the published TestResult when it is one.
 * The protobuf leaves to its users what must be there; spec/v1/statement.md and spec/predicates/test-result.md say it.
 */
export function readInToto(json: unknown): void {
  read(`${V1}.Statement`, json);
  const { _type, subject, predicateType, predicate } = json as {
    _type?: string;
    subject?: { digest?: object }[];
    predicateType?: string;
    predicate?: { result?: string; configuration?: unknown };
  };
  demand(_type === 'https://in-toto.io/Statement/v1', '_type');
  demand(
    subject !== undefined && subject.length > 0 && subject.every(({ digest }) => Object.keys(digest ?? {}).length > 0),
    'subject: a digest each',
  );
  demand(predicateType !== undefined && URL.canParse(predicateType), 'predicateType: a type URI');
  if (predicateType !== 'https://in-toto.io/attestation/test-result/v0.1') return;
  read(`${TEST_RESULT}.TestResult`, predicate);
  demand(['PASSED', 'WARNED', 'FAILED'].includes(predicate?.result ?? ''), 'result: one of three');
  demand(predicate?.configuration !== undefined, 'configuration');
}

function demand(met: boolean, what: string): void {
  if (!met) throw new Error(`in-toto requires ${what}`);
}
