/** For tests only: the starter that comes with the page. */
import { Backbone } from './backbone';

export async function starter(): Promise<Backbone> {
  return Backbone.fromBytes(await starterFile(), { id: 'starter', name: 'starter' });
}

export async function starterFile(): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch('/backbones/starter-resnet50-w16.safetensors');
  return new Uint8Array(await response.arrayBuffer());
}
