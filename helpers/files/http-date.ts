/** HTTP-date (RFC 9110 §5.6.7). `Date.parse` takes far more than that, and reads the third form in local time. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
const MONTH = `(?<month>${MONTHS.join('|')})`;
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const FORMS = [
  new RegExp(`^${DAY}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`),
  new RegExp(`^${DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];

/** Milliseconds, or null for what is no HTTP-date. `now` tells the century of a year of two digits. */
export function parseHttpDate(text: string, now: number): number | null {
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return milliseconds(parts, now);
  }
  return null;
}

function milliseconds(parts: Readonly<Record<string, string>>, now: number): number | null {
  const [day, hour, minute, second] = ['day', 'hour', 'minute', 'second'].map(name => Number(parts[name]));
  const month = MONTHS.indexOf(parts['month'] as string);
  const year = fullYear(parts['year'] as string, now);
  const date = new Date(0);
  date.setUTCFullYear(year, month, day as number);
  date.setUTCHours(hour as number, minute as number, second as number);
  // A 30th of February has become another day, a leap second the next minute; the latter is a time.
  const right =
    date.getUTCDate() === day && (hour as number) < 24 && (minute as number) < 60 && (second as number) <= 60;
  return right || (second === 60 && date.getUTCSeconds() === 0) ? date.getTime() : null;
}

/** More than 50 years ahead means the century before (§5.6.7). */
function fullYear(text: string, now: number): number {
  if (text.length === 4) return Number(text);
  const present = new Date(now).getUTCFullYear();
  const year = present - (present % 100) + Number(text);
  return year > present + 50 ? year - 100 : year;
}
