// Answers of the server overtake each other on their way. Of two paints of one thing the one that was made later is
// right, so one that comes too late is left out. Each tells when it was made: the server's start, and a number.
() => {
  let last = null;
  return (made) => {
    if (made && last && made[0] === last[0] && made[1] < last[1]) return false;
    last = made || last;
    return true;
  };
}
