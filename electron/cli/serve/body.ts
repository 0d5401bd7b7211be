import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { MESSAGE_LIMIT } from '../../../shared/message-size.ts';
import { Refusal } from './refusal.ts';

/** The parsed JSON body of a request. @throws Refusal when it is too large, no JSON, or not as the schema says */
export async function readBody<S extends v.GenericSchema>(request: IncomingMessage, schema: S): Promise<v.InferOutput<S>> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw new Refusal(415, 'bad-input', 'The body is not announced as JSON.', 'Send it with Content-Type: application/json.');
  const parsed = v.safeParse(schema, json(await whole(request)));
  if (!parsed.success)
    throw new Refusal(
      400,
      'bad-input',
      `The body is not as expected: ${v.getDotPath(parsed.issues[0]) ?? 'body'}: ${parsed.issues[0].message}.`,
      'Send {"method": …, "params": …} as the contract says.',
    );
  return parsed.output;
}

async function whole(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // Ending the loop early must not destroy the request: the answer is still to be sent on its connection.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MESSAGE_LIMIT)
      throw new Refusal(
        413,
        'bad-input',
        `The message is too large: expected at most ${MESSAGE_LIMIT / 1024 / 1024} MB.`,
        'Give large texts and lists of facts as a file.',
        { limit: MESSAGE_LIMIT },
      );
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Refusal(400, 'bad-input', `The body is no JSON: ${(error as Error).message}.`, 'Send {"method": …, "params": …}.');
  }
}
