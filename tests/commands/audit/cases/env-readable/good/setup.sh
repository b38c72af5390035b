chmod 600 .env
chmod 644 .env.tracked .env.example
git init -q
git add -f .env.tracked
