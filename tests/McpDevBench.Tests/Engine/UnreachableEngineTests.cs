using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpDevBench.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Engine;

/// <summary>Every way in which the engine cannot be reached is the same error, with what the operator can do about it.</summary>
public sealed class UnreachableEngineTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("devbench-test-");

    [Theory]
    [InlineData("tcp://127.0.0.1:{0}")]
    [InlineData("tcp://localhost:{0}")]
    [InlineData("http://127.0.0.1:{0}")]
    public async Task A_port_where_nothing_listens(string host)
    {
        _listener.Start();
        var port = Port;
        _listener.Stop();
        await FailsAsync(string.Format(null, host, port), "Docker is not running");
    }

    [Fact]
    public Task A_socket_that_is_not_there() => FailsAsync($"unix://{_folder.FullName}/docker.sock", "There is no Docker socket");

    [Fact]
    public Task A_file_that_is_no_socket()
    {
        var path = Path.Combine(_folder.FullName, "docker.sock");
        File.WriteAllText(path, "");
        return FailsAsync($"unix://{path}", "Docker is not running");
    }

    [Fact]
    public Task A_name_that_no_server_of_names_knows() => FailsAsync("tcp://docker.invalid:2375", "The name of tcp://docker.invalid:2375");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_is_closed_before_the_answer(bool isReset)
    {
        Answer(async socket =>
        {
            await socket.ReceiveAsync(new byte[1]);
            socket.LingerState = new LingerOption(isReset, 0);
        });
        await FailsAsync($"tcp://127.0.0.1:{Port}", "cannot be reached");
    }

    [Fact]
    public async Task An_answer_that_breaks_off()
    {
        Answer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"Version\":");
        await FailsAsync($"tcp://127.0.0.1:{Port}", "cannot be reached");
    }

    [Fact]
    public async Task An_engine_that_does_not_answer()
    {
        Answer(socket => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken));
        await FailsAsync($"tcp://127.0.0.1:{Port}", "did not answer within 1 s");
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>hi</html>")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 48\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")]
    [InlineData("\u0015\u0003\u0001\u0000\u0002\u0002F")]
    public async Task Something_else_that_answers(string answer)
    {
        Answer(answer);
        await FailsAsync($"tcp://127.0.0.1:{Port}", "127.0.0.1");
    }

    [Fact]
    public async Task An_engine_without_TLS_where_it_is_asked_for()
    {
        Certificates();
        Answer("HTTP/1.1 400 Bad Request\r\n\r\n");
        await FailsAsync($"tcp://127.0.0.1:{Port}", "cannot be reached over TLS", ("MCP_DOCKER_CERT_PATH", _folder.FullName));
    }

    [Fact]
    public async Task A_certificate_of_another_authority()
    {
        Certificates();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = SelfSigned(key);
        using var server = X509CertificateLoader.LoadPkcs12(stranger.Export(X509ContentType.Pkcs12), null);
        Answer(async socket =>
        {
            await using var stream = new SslStream(new NetworkStream(socket));
            await stream.AuthenticateAsServerAsync(server);
        });
        await FailsAsync($"tcp://127.0.0.1:{Port}", "cannot be reached over TLS", ("MCP_DOCKER_CERT_PATH", _folder.FullName));
    }

    [Fact]
    public Task A_key_that_is_no_key()
    {
        Certificates();
        File.WriteAllText(Path.Combine(_folder.FullName, "key.pem"), "none");
        return FailsAsync("tcp://127.0.0.1:1", "cannot be reached over TLS", ("MCP_DOCKER_CERT_PATH", _folder.FullName));
    }

    [Fact]
    public async Task A_call_that_its_caller_gave_up_says_nothing_about_the_engine()
    {
        Answer(socket => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken));
        using var caller = new CancellationTokenSource();
        using var engine = Engine($"tcp://127.0.0.1:{Port}");
        var call = engine.PingAsync(caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.False(EngineFailure.IsUnreachable(new OperationCanceledException(caller.Token), caller.Token));
        Assert.False(EngineFailure.IsUnreachable(new AggregateException(new OperationCanceledException(caller.Token)), caller.Token));
        Assert.False(EngineFailure.IsUnreachable(new InvalidOperationException(), CancellationToken.None));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _folder.Delete(recursive: true);
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private static async Task FailsAsync(string host, string sentence, params (string, string)[] settings)
    {
        using var engine = Engine(host, settings);
        var error = await Assert.ThrowsAsync<RequestException>(() => engine.PingAsync(TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCode.DockerUnavailable, error.Code);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.Contains("operator", error.Hint, StringComparison.Ordinal);
    }

    private static DockerEngine Engine(string host, params (string Name, string Value)[] settings)
    {
        var values = settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value);
        values["MCP_DOCKER_HOST"] = host;
        values["MCP_DOCKER_TIMEOUT_S"] = "1";
        var options = EngineOptions.Read(new Settings(new ConfigurationBuilder().AddInMemoryCollection(values).Build()));
        return new DockerEngine(options, Metering.Catalogue(), TimeProvider.System, NullLogger<DockerEngine>.Instance);
    }

    private void Answer(string bytes) => Answer(async socket =>
    {
        await socket.ReceiveAsync(new byte[4096]);
        await socket.SendAsync(Encoding.Latin1.GetBytes(bytes));
    });

    private void Answer(Func<Socket, Task> answer)
    {
        _listener.Start();
        _ = Task.Run(async () =>
        {
            try
            {
                while (true)
                    _ = AnswerAsync(await _listener.AcceptSocketAsync(), answer);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        });
    }

    private static async Task AnswerAsync(Socket socket, Func<Socket, Task> answer)
    {
        using (socket)
        {
            try
            {
                await answer(socket);
            }
            catch (Exception e) when (
                e is SocketException or IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The client closed it.
            }
        }
    }

    private void Certificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = SelfSigned(key);
        File.WriteAllText(Path.Combine(_folder.FullName, "ca.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder.FullName, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder.FullName, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private static X509Certificate2 SelfSigned(ECDsa key) =>
        new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
}
