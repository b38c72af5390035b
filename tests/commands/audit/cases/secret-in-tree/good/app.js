const github = process.env.GITHUB_TOKEN;
const example = 'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx';
const old = 'ghp_<alnum 36>'; // skc: allow it was made for this test and opens nothing
// skc: allow so was this one
const older = 'ghp_<alnum 36>';
