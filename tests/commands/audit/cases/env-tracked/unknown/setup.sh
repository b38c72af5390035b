git init -q
echo "no index" > .git/index
