import type { Session } from '../chromium/devtools.ts';
import { decode, encode, type Json } from '../codec.ts';
import { ANSWER, BINDING, type FromPage, PRELOAD_WORLD, QUESTION, RECEIVE, type ToPage } from '../page/messages.ts';
import type { MessagePortMain } from '../ports/port.ts';
import { type PortFrame, PortWire } from '../ports/wire.ts';
import { strictObject } from '../strict.ts';
import { ElectronEvent } from './events.ts';
import { IpcMain, type IpcEvent, ipcMain } from './ipc-main.ts';
import { requestPermission } from './permissions.ts';
import type { WebContents } from './web-contents.ts';

/** Carries messages between a page's preload world and `ipcMain`. */
export class PageLink {
  private context: number | undefined;
  private wire = this.newWire();
  private readonly session: Session;
  private readonly webContents: WebContents;

  constructor(session: Session, webContents: WebContents, mainFrame: string) {
    this.session = session;
    this.webContents = webContents;
    session.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.name !== PRELOAD_WORLD || (context.auxData as { frameId?: string } | undefined)?.frameId !== mainFrame) return;
      this.close();
      this.context = context.id;
    });
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === BINDING) void this.hear(JSON.parse(payload) as FromPage, executionContextId);
    });
    session.on('Debugger.paused', ({ callFrames }) => void this.answerQuestion(callFrames[0]?.callFrameId));
  }

  send(channel: string, args: readonly unknown[], transfer: readonly MessagePortMain[] = []): void {
    const encoded = encode(args);
    const ports = transfer.map((port) => this.wire.transfer(port));
    this.post({ kind: 'message', channel, args: encoded, ports });
  }

  /** The page is gone, and its ports with it. */
  close(): void {
    this.wire.close();
    this.wire = this.newWire();
    this.context = undefined;
  }

  private newWire(): PortWire {
    return new PortWire('m', (frame) => this.post({ kind: 'port', frame: encode(frame) }));
  }

  private post(message: ToPage, context = this.context): void {
    if (context === undefined) return;
    // A document that has gone meanwhile hears nothing, as in Electron.
    void this.session
      .send('Runtime.callFunctionOn', {
        executionContextId: context,
        functionDeclaration: `function (text) { ${RECEIVE}(text) }`,
        arguments: [{ value: JSON.stringify(message) }],
      })
      .catch(() => undefined);
  }

  private async hear(message: FromPage, context: number): Promise<void> {
    switch (message.kind) {
      case 'invoke':
        return this.post(await this.invoke(message), context);
      case 'send': {
        const event = this.event(message.ports.map((id) => this.wire.adopt(id)));
        for (const ipc of [this.webContents.ipc, ipcMain]) ipc.emit(message.channel, event, ...(decode(message.args) as unknown[]));
        return;
      }
      case 'port':
        return this.wire.receive(decode(message.frame) as PortFrame);
      case 'window-open':
        return this.webContents.askedToOpen(message);
      case 'context-menu':
        this.webContents.emit('context-menu', new ElectronEvent(), contextMenuParams(message));
        return;
      case 'title':
        return this.webContents.titled(message.title);
      case 'permission':
        await requestPermission(this.webContents, message.permission);
        return this.post({ kind: 'result', id: message.id }, context);
      case 'preload-error':
        console.error('Unable to load preload script:', message.stack);
        this.webContents.emit(
          'preload-error',
          new ElectronEvent(),
          this.webContents.getLastWebPreferences().preload,
          new Error(message.message),
        );
    }
  }

  private async invoke({ id, channel, args }: FromPage & { kind: 'invoke' }): Promise<ToPage> {
    try {
      const handler = IpcMain.handler(this.webContents.ipc, channel) ?? IpcMain.handler(ipcMain, channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      return { kind: 'result', id, value: encode(await handler(this.event(), ...(decode(args) as unknown[]))) };
    } catch (error) {
      if (handlerIsMissing(error)) console.error(error);
      // Class, code and other fields of an error are lost on the way, in Electron too.
      return { kind: 'result', id, error: `Error invoking remote method '${channel}': ${String(error)}` };
    }
  }

  private event(ports: readonly MessagePortMain[] = []): IpcEvent {
    const { webContents } = this;
    return {
      sender: webContents,
      senderFrame: webContents.mainFrame,
      frameId: 1,
      processId: 1,
      type: 'frame',
      ports,
      reply: (channel, ...args) => webContents.send(channel, ...args),
      returnValue: undefined,
    };
  }

  /** Answers what the preload side asks while it stands still, and lets it go on. */
  private async answerQuestion(callFrameId: string | undefined): Promise<void> {
    const evaluate = (expression: string, returnByValue = true) =>
      this.session.send('Debugger.evaluateOnCallFrame', { callFrameId: callFrameId ?? '', expression, returnByValue });
    const about = `globalThis.${QUESTION}`;
    try {
      const { result } = await evaluate(`${about} && { about: ${about}.about, channel: ${about}.channel, args: ${about}.args }`);
      const question = result.value as { about: string; channel: string; args: Json } | undefined;
      if (question === undefined) return;
      const answer =
        question.about === 'path'
          ? await this.path((await evaluate(`${about}.file`, false)).result.objectId)
          : this.sendSync(question.channel, question.args);
      await evaluate(`globalThis.${ANSWER} = ${JSON.stringify(JSON.stringify(answer))}`);
    } catch {
      // Another debugger has let the page go on, or the page is gone. Where a question was open, the page says that it has no answer.
    } finally {
      await this.session.send('Debugger.resume').catch(() => undefined);
    }
  }

  /** A File's path; empty when it is not of a file on disk. */
  private async path(objectId: string | undefined): Promise<string> {
    return this.session.send('DOM.getFileInfo', { objectId: objectId ?? '' }).then(
      ({ path }) => path,
      () => '',
    );
  }

  private sendSync(channel: string, args: Json): Json {
    const event = this.event();
    for (const ipc of [this.webContents.ipc, ipcMain]) ipc.emit(channel, event, ...(decode(args) as unknown[]));
    return encode(event.returnValue ?? null);
  }
}

/** What Electron tells of a right click, as far as the page's own scripts can know it. */
function contextMenuParams({ x, y, isEditable, selectionText }: FromPage & { kind: 'context-menu' }): object {
  const isSelected = selectionText !== '';
  const editFlags = {
    canUndo: isEditable,
    canRedo: isEditable,
    canCut: isEditable && isSelected,
    canCopy: isSelected,
    canPaste: isEditable,
    canDelete: isEditable && isSelected,
    canSelectAll: true,
  };
  return strictObject('context-menu parameters', {
    x,
    y,
    isEditable,
    selectionText,
    editFlags,
    misspelledWord: '',
    dictionarySuggestions: [],
  });
}

const handlerIsMissing = (error: unknown): boolean => error instanceof Error && error.message.startsWith('No handler registered');
