git init -q
git add .gitignore .env.example
git add -f .env.local
ln -s .env .env.linked
git add -f .env.linked
