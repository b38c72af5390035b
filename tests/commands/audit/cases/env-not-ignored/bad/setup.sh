git init -q
echo .env.local > .git/info/exclude
