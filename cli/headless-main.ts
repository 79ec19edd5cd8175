/** The script of headless.html. */
import { Engine } from '../app/engine';
import { headlessPage } from './headless';

globalThis.headless = headlessPage((hear) => new Engine(hear));
