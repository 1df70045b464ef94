// A process for the specs to kill. Node runs the library's TypeScript as it stands, once imports are resolved.
import { registerHooks } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('@app/'))
      return next(new URL(`../../../${specifier.slice(5)}/src/index.ts`, import.meta.url).href, context);
    if (specifier.startsWith('.') && specifier.endsWith('.js')) {
      const typescript = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(fileURLToPath(typescript))) return next(typescript.href, context);
    }
    return next(specifier, context);
  },
});

const [, , role, path] = process.argv;
const { lockFolder, openRegister } = await import('../index.ts');
if (role === 'lock') {
  lockFolder(path);
  process.stdout.write('locked\n');
  process.stdin.resume();
} else {
  const register = openRegister({ file: path });
  for (let i = 0; ; i++) {
    const command = `command ${i}`;
    const refs = await register.write(command, [{ kind: 'reason', slot: 'reason', text: `text of ${command}` }]);
    process.stdout.write(`${JSON.stringify({ command, refs })}\n`);
  }
}
