git init -q
git add -f .env web/.env.production web/.env.test
# only staged, and gone from the disk: the next commit takes it all the same
git add -f api/.envs/local
