/** Classes and functions that pickles name, as `module.name`; an entry that ends in a dot matches a whole module. */

/**
 * Functions that run programs, or read or download files. No training script stores one of these; a file that names one is an
 * attack. Reading the file is safe because nothing is called, but the person should not mistake it for weights.
 */
const DANGEROUS = [
  ...['os.', 'posix.', 'nt.', 'sys.', 'subprocess.', 'commands.', 'pty.', 'platform.', 'shutil.', 'ctypes.'],
  ...['socket.', 'ssl.', 'http.', 'httplib.', 'urllib.', 'urllib2.', 'requests.', 'aiohttp.', 'ftplib.'],
  ...['runpy.', 'importlib.', 'imp.', 'pkgutil.', 'code.', 'codeop.', 'pip.', 'pydoc.', 'webbrowser.'],
  ...['pickle.', '_pickle.', 'cPickle.', 'dill.', 'cloudpickle.', 'marshal.', 'bdb.', 'pdb.', 'timeit.'],
  ...['cProfile.', 'profile.', 'multiprocessing.', 'asyncio.', 'torch.hub.'],
  ...[
    'torch.load',
    'torch.serialization.load',
    'torch.storage._load_from_bytes',
    'numpy.load',
    'operator.methodcaller',
  ],
  ...[
    'eval',
    'exec',
    'execfile',
    'compile',
    'open',
    'file',
    'apply',
    'input',
    'breakpoint',
    '__import__',
  ].flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`]),
] as const;

/** Names that checkpoints commonly contain besides the weights: shapes, number types, options, dates, NumPy values. */
const EXPECTED = [
  ...['torch.', 'numpy.', 'collections.', 'argparse.', 'pathlib.', 'datetime.', 'decimal.', 'enum.'],
  ...['builtins.', '__builtin__.', 'copyreg.', 'copy_reg.', '_codecs.encode', 'functools.partial'],
] as const;

export function isDangerous(name: string): boolean {
  return isListed(name, DANGEROUS);
}

export function isExpected(name: string): boolean {
  return isListed(name, EXPECTED);
}

function isListed(name: string, list: readonly string[]): boolean {
  return list.some((entry) => (entry.endsWith('.') ? name.startsWith(entry) : name === entry));
}
