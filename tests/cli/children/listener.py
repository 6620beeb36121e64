"""listener.py PORT [GATE]: answers HTTP on 127.0.0.1:PORT once the file GATE
is there; 200 and "well", but 503 and "sick" while there is a file `sick`."""
import http.server
import os
import sys
import time


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sick = os.path.exists("sick")
        self.send_response(503 if sick else 200)
        self.end_headers()
        self.wfile.write(b"sick\n" if sick else b"well\n")

    def log_message(self, *_):
        pass


print("here", flush=True)
while sys.argv[2:] and not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
while True:
    try:
        server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])),
                                        Answer)
        break
    except OSError:  # somebody else has the port
        time.sleep(0.01)
print("listening", flush=True)
server.serve_forever()
