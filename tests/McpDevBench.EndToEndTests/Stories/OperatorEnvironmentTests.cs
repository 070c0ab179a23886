using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What an operator gives every workspace: variables, and certificate authorities.</summary>
public sealed class OperatorEnvironmentTests
{
    /// <summary>Serves the files of its folder over TLS.</summary>
    private const string Serve = """
        import http.server, ssl
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("server.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print("port", server.server_address[1], "ready", flush=True)
        server.serve_forever()
        """;

    [Fact]
    public async Task Configured_variables_win_over_the_image_lose_to_spawn_and_stay_out_of_the_log()
    {
        await using var server = await ServerProcess.Started(
            ("MCP_WORKSPACE_ENV",
                """{"LANG":"en_US.UTF-8","NO_PROXY":"a,b","HTTPS_PROXY":"http://someone:hush-hush-8271@proxy:3128","PAGER":"more"}"""),
                ("MCP_LOG_LEVEL", "DEBUG"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python, ("env", new JsonObject { ["PAGER"] = "less" }));
        Assert.Equal("en_US.UTF-8 a,b http://someone:hush-hush-8271@proxy:3128 less",
            await workspace.Sh("echo $LANG $NO_PROXY $HTTPS_PROXY $PAGER"));
        await workspace.Kill();
        Assert.DoesNotContain("hush-hush-8271", server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("hush-hush-8271", (await assistant.Call("audit_query")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_accept_a_certificate_that_a_configured_authority_has_signed()
    {
        using var folder = new TemporaryFolder();
        await Authority(folder);
        await using var server = await ServerProcess.Started(("MCP_WORKSPACE_CA_FILE", folder["ca.pem"]));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Languages);
        await workspace.Write("server.pem", await File.ReadAllTextAsync(folder["server.pem"], TestContext.Current.CancellationToken));
        await workspace.Write("serve.py", Serve);
        await workspace.Write("get.js",
            "require('https').get(process.argv[2], answer => console.log(answer.statusCode))"
            + ".on('error', error => { console.error(error.message); process.exit(1); });");
        await workspace.Write("get.go", """
            package main
            import ("fmt"; "net/http"; "os")
            func main() { answer, err := http.Get(os.Args[1]); if err != nil { panic(err) }; fmt.Println(answer.StatusCode) }
            """);
        var serving = await workspace.ExecStart("exec python3 serve.py");
        var port = (await serving.ReadUntil("ready")).Stdout.Split(' ')[1];
        var url = $"https://localhost:{port}/serve.py";

        Assert.Equal("200", await workspace.Sh($"python3 -c 'import urllib.request; print(urllib.request.urlopen(\"{url}\").status)'"));
        Assert.Equal("200", await workspace.Sh($"node get.js {url}"));
        Assert.Equal("200", await workspace.Sh($"curl -sS -o /dev/null -w '%{{http_code}}' {url}"));
        Assert.Equal("200", await workspace.Sh($"go run get.go {url}"));
        Assert.Equal("200",
            await workspace.Sh($"python3 -c 'from pip._vendor import requests; print(requests.get(\"{url}\").status_code)'"));
        // Without our variables too, where a program uses the distribution's bundle; and the image's own authorities are still there.
        Assert.Equal("200", await workspace.Sh($"env -i curl -sS -o /dev/null -w '%{{http_code}}' {url}"));
        Assert.True(int.Parse(await workspace.Sh("grep -c BEGIN $SSL_CERT_FILE"), System.Globalization.CultureInfo.InvariantCulture) > 100);
        // Git reaches the server: what it serves is not a repository.
        Assert.Contains("not found", (await workspace.Exec($"git ls-remote https://localhost:{port}/none")).Stderr,
            StringComparison.Ordinal);
        // It is the authority that they accept: without it, nothing does.
        var without = await workspace.Exec(
            $"SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/none python3 -c 'import urllib.request; urllib.request.urlopen(\"{url}\")'");
        Assert.Contains("CERTIFICATE_VERIFY_FAILED", without.Stderr, StringComparison.Ordinal);
        await serving.Cancel(0);
    }

    [Fact]
    public async Task Java_accepts_it_too_whichever_format_its_own_authorities_have()
    {
        using var folder = new TemporaryFolder();
        await Authority(folder);
        var newer = await WithNewerStore();
        try
        {
            await using var server = await ServerProcess.Started(("MCP_WORKSPACE_CA_FILE", folder["ca.pem"]));
            await using var assistant = await server.Connect();
            foreach (var image in new[] { Images.Languages, newer })
            {
                var workspace = await assistant.Spawn(image);
                await workspace.Write(
                    "server.pem", await File.ReadAllTextAsync(folder["server.pem"], TestContext.Current.CancellationToken));
                await workspace.Write("Get.java", """
                    import java.net.*;
                    public class Get {
                        public static void main(String[] url) throws Exception {
                            System.out.println(((HttpURLConnection) new URL(url[0]).openConnection()).getResponseCode());
                        }
                    }
                    """);
                await workspace.Write("serve.py", Serve);
                var serving = await workspace.ExecStart("exec python3 serve.py");
                var port = (await serving.ReadUntil("ready")).Stdout.Split(' ')[1];
                var url = $"https://localhost:{port}/Get.java";

                Assert.Equal("", await workspace.Sh("javac Get.java 2>&1"));
                Assert.Equal("200", await workspace.Sh($"java Get {url} 2>&1"));
                // Those that the image had are still there; and it is the authority that Java accepts.
                Assert.Equal("1", await workspace.Sh("keytool -list -v -cacerts -storepass changeit | grep -c 'Owner: CN=ISRG Root X1'"));
                // NONE is Java's word for an empty store; one that is not there would be replaced by its own.
                var without = await workspace.Sh($"java -Djavax.net.ssl.trustStore=NONE Get {url} 2>&1 || true");
                Assert.Contains("trustAnchors", without, StringComparison.Ordinal);
                await workspace.Kill(("force", true));
            }
        }
        finally
        {
            await Command.Run("docker", "rmi", "-f", newer);
        }
    }

    [Theory]
    [InlineData("MCP_WORKSPACE_ENV", "PROXY=x,secret-part", "entry 2 is not NAME=VALUE")]
    [InlineData("MCP_WORKSPACE_ENV", "A B=secret-part", "'A B' is not a variable's name")]
    [InlineData("MCP_WORKSPACE_ENV", "{\"A\": [\"secret-part\"]}", "the value of A is not a string")]
    [InlineData("MCP_WORKSPACE_ENV", "{\"A\": \"secret-part", "it is not valid JSON")]
    [InlineData("MCP_WORKSPACE_CA_FILE", "/no/such.pem", "it cannot be read")]
    [InlineData("MCP_WORKSPACE_CA_FILE", "/etc/passwd", "it contains no certificate")]
    public async Task A_wrong_value_is_one_clear_line_at_the_start(string name, string value, string reason)
    {
        using var folder = new TemporaryFolder();
        var run = await Command.Run(Repository.Binary, ["serve"], new Dictionary<string,
            string> { [name] = value, ["MCP_STATE_DB"] = folder["state.db"], ["MCP_PORT"] = $"{Ports.Free()}" });
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{name}", run.Errors, StringComparison.Ordinal);
        Assert.Contains(reason, run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-part", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>An image whose Java has its authorities as Javas from 18 on have them.</summary>
    private static async Task<string> WithNewerStore()
    {
        var (name, container) = ($"devbench-test/newer-java:{Guid.NewGuid():N}", $"devbench-e2e-{Guid.NewGuid():N}");
        try
        {
            await DockerHost.Docker(
                "run", "--name", container, "--entrypoint", "sh", Images.Languages, "-c",
                "cd /etc/ssl/certs/java && rm cacerts && keytool -importcert -noprompt -alias isrg -storetype PKCS12 -storepass changeit "
                    + "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE "
                    + "-keystore cacerts -file ../ISRG_Root_X1.pem");
            await DockerHost.Docker("commit", container, name);
            return name;
        }
        finally
        {
            await DockerHost.Docker("rm", "-f", container);
        }
    }

    /// <summary>ca.pem, and server.pem for localhost with its key.</summary>
    private static async Task Authority(TemporaryFolder folder)
    {
        await Sh("""
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj '/CN=DevBench test authority'
            openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost
            printf 'subjectAltName=DNS:localhost' >ext
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.crt
            cat server.crt server.key >server.pem
            """);

        async Task Sh(string script) => (await Command.Run("sh", ["-ec", $"cd {folder.Path}; {script}"])).Succeeded();
    }
}
