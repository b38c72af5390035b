git init -q
git add .gitignore .env.example
