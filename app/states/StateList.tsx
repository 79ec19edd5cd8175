import { Mark } from '../ui/Mark';
import { STATE_NAMES, STATE_TITLES, type StateName } from './names';
import classes from './StateList.module.css';

const groupOf = (name: StateName) => name.slice(0, name.indexOf('/'));
const GROUPS = [...new Set(STATE_NAMES.map(groupOf))];

/** Links to all states, by step. */
export function StateList() {
  return (
    <main className={classes.page}>
      <header className={classes.head}>
        <Mark />
        <div>
          <h1>The page in every state</h1>
          <p>Each link opens the page as a recording has left it. No engine runs, so no button computes.</p>
        </div>
      </header>
      <div className={classes.groups}>
        {GROUPS.map((group) => (
          <section key={group} aria-labelledby={group}>
            <h2 id={group}>{group}</h2>
            <ul>
              {STATE_NAMES.filter((name) => groupOf(name) === group).map((name) => (
                <StateLink key={name} name={name} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </main>
  );
}

function StateLink({ name }: { name: StateName }) {
  return (
    <li>
      <a href={`#${name}`}>{STATE_TITLES[name]}</a>
    </li>
  );
}
