# SPDX-License-Identifier: ISC
"""Policy hosts by nginx: a file and a certificate a host, and an address for
each way in which a web server can answer something else."""
import signal
from pathlib import Path
from typing import Optional

from world.ca import Authority
from world.process import Process
from world.wait import is_open, until

PLAIN = "127.0.1.1"
REDIRECT = "127.0.1.2"
HTML = "127.0.1.3"
NO_TYPE = "127.0.1.4"
GZIP = "127.0.1.5"
OLD_TLS = "127.0.1.6"
ERROR = "127.0.1.7"
UNAUTHORIZED = "127.0.1.8"
PARAMETERS = "127.0.1.9"
FORBIDDEN = "127.0.1.10"
ALL_TLS = "127.0.1.11"
NO_TLS = "127.0.1.12"

SERVERS = {
    PLAIN: "default_type text/plain;",
    REDIRECT: "return 301 https://elsewhere.test$request_uri;",
    HTML: "default_type text/html;",
    NO_TYPE: "default_type '';",
    GZIP: "default_type text/plain; add_header Content-Encoding gzip;",
    OLD_TLS: "default_type text/plain;",
    ERROR: "return 500;",
    UNAUTHORIZED: "return 401;",
    PARAMETERS: "default_type 'TEXT/Plain; charset=utf-8; format=x';",
    FORBIDDEN: "return 403;",
    ALL_TLS: "default_type text/plain;",
    NO_TLS: "default_type text/plain;",
}

CONF = """\
daemon off;
master_process off;
user root;
pid {dir}/pid;
error_log stderr;
events {{ }}
http {{
    log_format host '$host $status';
    access_log {dir}/access.log host;
    client_body_temp_path {dir}/tmp;
    proxy_temp_path {dir}/tmp;
    fastcgi_temp_path {dir}/tmp;
    uwsgi_temp_path {dir}/tmp;
    scgi_temp_path {dir}/tmp;
    ssl_certificate {dir}/$ssl_server_name.pem;
    ssl_certificate_key {dir}/$ssl_server_name.pem;
{servers}
}}
"""

SERVER = """\
    server {{
        listen {listen};
        server_name ~^(?<site>.+)$;
        {protocols}
        location = /.well-known/mta-sts.txt {{
            {answer}
            alias {dir}/$site.txt;
        }}
    }}
"""

# OpenSSL 3 takes old versions only at security level 0.
PROTOCOLS = {
    OLD_TLS: "ssl_protocols TLSv1.1; ssl_ciphers DEFAULT:@SECLEVEL=0;",
    ALL_TLS: "ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;"
             " ssl_ciphers DEFAULT:@SECLEVEL=0;",
}


class Web:
    """nginx on all addresses of SERVERS, or on one of its own (as PLAIN)."""

    def __init__(self, folder: Path, authority: Authority,
                 address: Optional[str] = None) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.authority = authority
        self.address = address or PLAIN
        servers = SERVERS if address is None else {address: SERVERS[PLAIN]}
        (folder / "nginx.conf").write_text(CONF.format(
            dir=folder, servers="".join(
                SERVER.format(listen=f"{at}:80" if at == NO_TLS
                              else f"{at}:443 ssl", answer=answer,
                              dir=folder, protocols=PROTOCOLS.get(at, ""))
                for at, answer in servers.items())))
        self.log_file = folder / "access.log"
        self.start()

    def start(self) -> None:
        self.nginx = Process("nginx", [
            "nginx", "-e", "stderr", "-p", str(self.folder),
            "-c", str(self.folder / "nginx.conf")])
        self.nginx.until_ready(
            "listens", lambda: is_open(self.address, 443))

    def stop(self) -> None:
        if self.nginx.status is None:
            self.nginx.signal(signal.SIGINT)
        self.nginx.wait()

    def host(self, name: str, policy: Optional[str],
             certificate: bool = True) -> None:
        """Serve policy (None: 404) as name, with a certificate for it."""
        page = self.folder / f"{name}.txt"
        if policy is None:
            page.unlink(missing_ok=True)
        else:
            fresh = page.with_suffix(".new")
            fresh.write_bytes(policy.encode())
            fresh.rename(page)
        path = self.folder / f"{name}.pem"
        if certificate and not path.exists():
            self.authority.issue(path, name)

    def requests(self, name: str) -> int:
        """How often name was asked for its policy, up to now."""
        lines = self.log_file.read_text().splitlines()
        return sum(line.split()[0] == name for line in lines)

    def wait_requests(self, name: str, count: int) -> None:
        until(f"{count} requests to {name}",
              lambda: self.requests(name) >= count)
