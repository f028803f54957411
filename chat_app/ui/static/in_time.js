// Answers of the server overtake each other on their way. Of two paints of one thing the one that was made later is
// right, so one that comes too late is left out. Each tells when it was made: the server's start, and a number.
(() => {
  const before = (one, other) => Boolean(one && other && one[0] === other[0] && one[1] < other[1]);
  const newest = new Map(); // for each part of the page: when the paint of it was made that came last
  const inTime = () => {
    let last = null;
    return (made) => {
      if (before(made, last)) return false;
      last = made || last;
      return true;
    };
  };
  // A paint tells which other parts were made with it: they may not be on the page yet.
  inTime.note = ({ made, with: parts }) => {
    for (const part of parts || []) if (!before(made, newest.get(part))) newest.set(part, made);
  };
  // What is kept for a part that is not on the page is what came last, which need not be what was made last.
  inTime.overtaken = ({ made, part }) => before(made, newest.get(part));
  return inTime;
})()
