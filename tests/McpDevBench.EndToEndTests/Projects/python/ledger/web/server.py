"""GET /balance returns the balances as JSON; GET /split/AMOUNT/PARTS divides an amount."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ledger.core.money import format_amount, parse_amount
from ledger.core.split import split


def answer(journal, path):
    parts = path.strip("/").split("/")
    if parts == ["balance"]:
        return {account: format_amount(amount) for account, amount in journal.balances().items()}
    if len(parts) == 3 and parts[0] == "split":
        return [format_amount(share) for share in split(parse_amount(parts[1]), [1] * int(parts[2]))]
    return None


def serve(port, journal):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found = answer(journal, self.path)
            body = json.dumps(found, ensure_ascii=False).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(f"Listening on http://127.0.0.1:{port}", flush=True)
    server.serve_forever()
