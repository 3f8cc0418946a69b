# SPDX-License-Identifier: ISC
"""Domains with a policy, for those who fetch: nginx with a certificate for
each, and a name server; both on the load's core."""
import sys
from pathlib import Path

from servers import LOAD_CPU, Server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from world.ca import Authority  # noqa: E402

HTTPS_PORT, DNS_PORT, SLOW_DNS_PORT = 9443, 9470, 9471
ZONE = "first.test"
DELAY_MS = 100

CONF = """\
daemon off;
master_process off;
user root;
pid {dir}/pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {dir}/tmp;
    proxy_temp_path {dir}/tmp;
    fastcgi_temp_path {dir}/tmp;
    uwsgi_temp_path {dir}/tmp;
    scgi_temp_path {dir}/tmp;
    server_names_hash_max_size 65536;
    server_names_hash_bucket_size 128;
    default_type text/plain;
{servers}
}}
"""
SERVER = """\
    server {{
        listen {port} ssl;
        server_name mta-sts.{domain};
        ssl_certificate {dir}/{domain}.pem;
        ssl_certificate_key {dir}/{domain}.pem;
        location = /.well-known/mta-sts.txt {{
            return 200 "version: STSv1\\r\\nmode: enforce\\r\\nmx: mail.{zone}\\r\\nmx: *.{domain}\\r\\nmax_age: 2592000\\r\\n";
        }}
    }}
"""


class Hosts:
    def __init__(self, build: Path, folder: Path, count: int) -> None:
        folder.mkdir()
        self.count = count
        authority = Authority(folder / "ca")
        self.ca_file = authority.file
        servers = []
        for at in range(count):
            domain = f"{at:07}.{ZONE}"
            authority.issue(folder / f"{domain}.pem", f"mta-sts.{domain}")
            servers.append(SERVER.format(
                dir=folder, domain=domain, zone=ZONE, port=HTTPS_PORT))
        conf = folder / "nginx.conf"
        conf.write_text(CONF.format(dir=folder, servers="".join(servers)))
        names = build / "tests/bench/names"
        self.servers = [
            Server("nginx", "-e", "stderr", "-p", folder, "-c", conf,
                   cpu=LOAD_CPU, address=f"inet:127.0.0.1:{HTTPS_PORT}"),
            Server(names, "127.0.0.1", DNS_PORT, ZONE, cpu=LOAD_CPU),
            Server(names, "127.0.0.1", SLOW_DNS_PORT, ZONE, DELAY_MS,
                   cpu=LOAD_CPU)]

    def settings(self, dns_port: int = DNS_PORT) -> list[str]:
        """Of a daemon, or a checker, that goes there."""
        return [f"dns_servers=127.0.0.1:{dns_port}",
                f"tls_ca_file={self.ca_file}",
                f"policy_port={HTTPS_PORT}",
                "allow_networks=127.0.0.0/8"]

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
