// One figure in this process; its rows go to the parent.
const [name, ...flags] = process.argv.slice(2);
const { [name]: figure } = await import(`./${name}.mjs`);
process.once('SIGTERM', () => process.exit(143));
const rows = await figure({ quick: flags.includes('--quick') });
process.send?.(rows, () => process.exit(0));
if (!process.send) console.log(JSON.stringify(rows, null, 2));
