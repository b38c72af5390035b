# BACKUP: the backup's folder   KEY: the age identity   DUMP: a new folder   CONFIG: `uri: mongodb://…`
mkdir -m 700 "$DUMP"
(cd "$BACKUP/data" && find . -type d) | while read -r folder; do mkdir -p "$DUMP/$folder"; done
(cd "$BACKUP/data" && find . -name '*.metadata.json') | while read -r file; do
    cp "$BACKUP/data/$file" "$DUMP/$file"
done
(cd "$BACKUP/data" && find . -name '*.bson.zst.age') | while read -r file; do
    age -d -i "$KEY" "$BACKUP/data/$file" | zstd -d -q -o "$DUMP/${file%.zst.age}"
done
(cd "$BACKUP/data" && find . -name '*.bson.zst') | while read -r file; do
    zstd -d -q -o "$DUMP/${file%.zst}" "$BACKUP/data/$file"
done
mongorestore --config "$CONFIG" --bypassDocumentValidation --quiet "$DUMP"
