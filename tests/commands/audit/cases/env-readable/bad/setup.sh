chmod 640 .env
chmod 604 web/.env.local
