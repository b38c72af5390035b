rm .env
ln -s .env .env
