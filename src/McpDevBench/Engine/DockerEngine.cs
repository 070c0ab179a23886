using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Docker.DotNet;
using Docker.DotNet.X509;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Engine;

/// <summary>What the engine reports of itself.</summary>
/// <param name="Id">Its identity: another one behind the same address is another engine.</param>
/// <param name="MemoryBytes">Memory of its host.</param>
internal sealed record EngineIdentity(string Id, string Version, string ApiVersion, string Architecture, long MemoryBytes, int Processors)
{
    /// <summary>Names that a container's runtime may have.</summary>
    public IReadOnlyCollection<string> Runtimes { get; init; } = [];

    /// <summary>Whether the users of containers are others outside (userns-remap, rootless); there are 65,536 then.</summary>
    public bool MapsUsers { get; init; }

    /// <summary>Null where the engine does not report it.</summary>
    public string? RuncVersion { get; init; }
}

/// <summary>
/// The one connection to the Docker Engine. Negotiates the version of the API, gives every call a deadline, and turns what can go wrong
/// into errors for the caller. A call that finds the engine gone fails; the next one tries again.
/// </summary>
internal sealed partial class DockerEngine(
    EngineOptions options, MetricCatalogue metrics, TimeProvider time, ILogger<DockerEngine> logger) : IDisposable
{
    /// <summary>The names of all calls, for metrics.</summary>
    public static IReadOnlyList<string> Calls { get; } =
    [
        "connect", "ping", "create", "inspect", "start", "stop", "update", "pause", "unpause", "kill", "remove", "list", "put", "get",
        "stat", "attach", "exec_create", "exec_start", "pull", "commit", "image_inspect", "image_list", "image_remove", "volume_create",
        "volume_list", "volume_remove",
    ];

    /// <summary>The newest version whose behaviour we know, and the oldest we can do with.</summary>
    private static readonly Version NewestApi = new(1, 51), OldestApi = new(1, 41);

    private readonly Lock _lock = new();
    private Task<Connection>? _connecting;
    private bool _isDisposed;
    private volatile Connection? _connection;
    private int _connections;

    /// <summary>
    /// How often a connection was negotiated. A higher number than before: the engine was gone in between, and may have been restarted.
    /// </summary>
    public int Connections => Volatile.Read(ref _connections);

    private sealed record Connection(DockerClient Client, EngineIdentity Identity);

    public TimeSpan PullTimeout => options.PullTimeout;

    /// <summary>Who answers, after connecting if need be.</summary>
    public async Task<EngineIdentity> IdentifyAsync(CancellationToken cancellationToken) =>
        (await ConnectAsync(default, cancellationToken)).Identity;

    /// <summary>Whether the engine answers now.</summary>
    public Task PingAsync(CancellationToken cancellationToken) =>
        CallAsync("ping", options.CallTimeout, (client, token) => client.System.PingAsync(token), cancellationToken);

    /// <summary>Calls the engine within the usual deadline.</summary>
    /// <exception cref="RequestException">docker_unavailable.</exception>
    /// <exception cref="DockerApiException">The engine answered with an error.</exception>
    public Task<T> CallAsync<T>(string call, Func<DockerClient, CancellationToken, Task<T>> action, CancellationToken cancellationToken) =>
        CallAsync(call, options.CallTimeout, action, cancellationToken);

    /// <inheritdoc cref="CallAsync{T}(string, Func{DockerClient, CancellationToken, Task{T}}, CancellationToken)"/>
    public Task CallAsync(string call, Func<DockerClient, CancellationToken, Task> action, CancellationToken cancellationToken) =>
        CallAsync(call, options.CallTimeout, action, cancellationToken);

    /// <summary>Calls the engine within the deadline of a pull.</summary>
    public Task PullAsync(Func<DockerClient, CancellationToken, Task> action, CancellationToken cancellationToken) =>
        CallAsync("pull", options.PullTimeout, action, cancellationToken);

    public void Dispose()
    {
        lock (_lock)
            _isDisposed = true;
        _connection?.Client.Dispose();
    }

    private async Task CallAsync(
        string call, TimeSpan timeout, Func<DockerClient, CancellationToken, Task> action, CancellationToken cancellationToken) =>
        await CallAsync(call, timeout, async (client, token) =>
        {
            await action(client, token);
            return true;
        }, cancellationToken);

    private async Task<T> CallAsync<T>(
        string call, TimeSpan timeout, Func<DockerClient, CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using var span = Spans.Docker(call);
        var connection = await ConnectAsync(span, cancellationToken);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        var started = time.GetTimestamp();
        try
        {
            var result = await action(connection.Client, deadline.Token);
            metrics.Engine.Called(call, "ok", time.GetElapsedTime(started));
            return result;
        }
        catch (Exception e) when (Measure(call, span, started, e, cancellationToken) && EngineFailure.IsUnreachable(e, cancellationToken))
        {
            // The next call negotiates anew: the engine may come back as another version.
            Interlocked.CompareExchange(ref _connection, null, connection);
            LogUnreachable(logger, call, EngineFailure.ReasonOf(e));
            throw ErrorOf(e, timeout);
        }
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.InternalServerError or HttpStatusCode.ServiceUnavailable
            && Text(e).Contains("no space left", StringComparison.OrdinalIgnoreCase))
        {
            throw new RequestException(
                ErrorCode.ResourceExhausted, "The Docker host's disk is full.",
                "Ask the operator to free disk space, or delete workspaces whose files are not needed: kill with delete_files=true.",
                retryable: true, e);
        }
    }

    /// <summary>One attempt for all who wait: in a queue, each would wait for the timeouts of those before it.</summary>
    /// <param name="span">Of the call that cannot be made if this fails.</param>
    private async ValueTask<Connection> ConnectAsync(Span span, CancellationToken cancellationToken)
    {
        if (_connection is { } present)
            return present;
        Task<Connection> connecting;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            connecting = _connecting is { IsCompleted: false } underWay ? underWay : _connecting = NegotiateAsync();
        }
        try
        {
            return await connecting.WaitAsync(cancellationToken);
        }
        catch (Exception e)
        {
            span.Failed(e);
            throw;
        }
    }

    private async Task<Connection> NegotiateAsync()
    {
        using var deadline = new CancellationTokenSource(options.CallTimeout, time);
        var started = time.GetTimestamp();
        try
        {
            // Without a version in the path, every engine answers in its own.
            using var any = Build(null);
            var version = await any.System.GetVersionAsync(deadline.Token);
            if (!Version.TryParse(version.APIVersion, out var offered))
                throw Unsuitable($"does not name its API version ('{version.APIVersion}')");
            if (offered < OldestApi)
                throw Unsuitable($"speaks API {offered}, at least {OldestApi} (Docker 20.10) is needed");
            if (Version.TryParse(version.MinAPIVersion, out var oldest) && oldest > NewestApi)
                throw Unsuitable($"speaks only API {oldest} and later, at most {NewestApi} is known here");
            var api = offered < NewestApi ? offered : NewestApi;
            var client = Build(api);
            var info = await client.System.GetSystemInfoAsync(deadline.Token);
            var identity = new EngineIdentity(info.ID, version.Version, api.ToString(), version.Arch, info.MemTotal, (int)info.NCPU)
            {
                Runtimes = [.. info.Runtimes?.Keys ?? []],
                MapsUsers = (info.SecurityOptions ?? []).Any(option => option.StartsWith("name=userns", StringComparison.Ordinal)
                    || option.StartsWith("name=rootless", StringComparison.Ordinal)),
                RuncVersion = version.Components?.FirstOrDefault(component => component.Name == "runc")?.Version,
            };
            metrics.Engine.Called("connect", "ok", time.GetElapsedTime(started));
            LogConnected(logger, options.Host, identity.Version, identity.ApiVersion, identity.Id);
            Interlocked.Increment(ref _connections);
            return _connection = new Connection(client, identity);
        }
        // While Docker is away, nothing else would count that it does not answer: every call ends here.
        catch (Exception e) when (e is not RequestException
            && Measure("connect", default, started, e, CancellationToken.None) && EngineFailure.IsUnreachable(e, CancellationToken.None))
        {
            throw ErrorOf(e, options.CallTimeout);
        }
        catch (DockerApiException e)
        {
            throw Unsuitable($"answered {(int)e.StatusCode}: {Text(e)}");
        }
    }

    private DockerClient Build(Version? api)
    {
        var builder = new DockerClientBuilder().WithEndpoint(options.Host).WithApiVersion(api).WithTimeout(Timeout.InfiniteTimeSpan);
        if (options.CertificatePath is { } folder)
        {
            var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
            var authority = X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(folder, "ca.pem")));
            builder = builder.WithAuthProvider(new CertificateCredentials(certificate)
            {
                ServerCertificateValidationCallback = (_, server, _, errors) =>
                    !options.VerifyTls || (server is X509Certificate2 presented && SignedBy(authority, presented, errors)),
            });
        }
        return builder.Build();
    }

    private static bool SignedBy(X509Certificate2 authority, X509Certificate2 presented, SslPolicyErrors errors)
    {
        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(presented);
    }

    /// <returns>Always true: it only looks at what passes.</returns>
    private bool Measure(string call, Span span, long started, Exception e, CancellationToken callers)
    {
        var status = e switch
        {
            DockerApiException { StatusCode: < HttpStatusCode.InternalServerError } => "client_error",
            DockerApiException => "server_error",
            _ => EngineFailure.IsUnreachable(e, callers) ? "unavailable" : "cancelled",
        };
        metrics.Engine.Called(call, status, time.GetElapsedTime(started));
        if (e is DockerApiException answer)
            span.Answered((int)answer.StatusCode);
        else
            span.Failed(status == "cancelled" ? status : ErrorCode.DockerUnavailable.Name(), e);
        return true;
    }

    private RequestException ErrorOf(Exception e, TimeSpan timeout)
    {
        var (what, hint) = EngineFailure.SocketErrorOf(e) switch
        {
            SocketError.AccessDenied => (
                $"The server may not open the Docker socket {Host}: permission denied.",
                "Ask the operator to run the server as a user of the socket's group (docker), or to set MCP_DOCKER_HOST."),
            SocketError.ConnectionRefused =>
                ($"Nothing listens at {Host}: Docker is not running.", "Ask the operator to start Docker; then call again."),
            SocketError.AddressNotAvailable =>
                ($"There is no Docker socket at {Host}.", "Ask the operator to start Docker or to set MCP_DOCKER_HOST; then call again."),
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => (
                $"The name of {Host} is unknown.",
                "Ask the operator to set MCP_DOCKER_HOST to an address that the server can resolve; then call again."),
            _ when EngineFailure.IsTls(e) => (
                $"Docker at {Host} cannot be reached over TLS: {EngineFailure.ReasonOf(e)}",
                "Ask the operator to check MCP_DOCKER_HOST and the certificates in MCP_DOCKER_CERT_PATH; then call again."),
            _ when EngineFailure.IsTimeout(e) => (
                $"Docker at {Host} did not answer within {timeout.TotalSeconds:0} s.",
                "Call again; if it stays so, ask the operator to look at Docker."),
            _ when e.ToString().Contains("No such file", StringComparison.OrdinalIgnoreCase) =>
                ($"There is no Docker socket at {Host}.", "Ask the operator to start Docker or to set MCP_DOCKER_HOST; then call again."),
            _ => (
                $"Docker at {Host} cannot be reached: {EngineFailure.ReasonOf(e)}",
                "Ask the operator to look at Docker; then call again."),
        };
        return new RequestException(ErrorCode.DockerUnavailable, what, hint, retryable: true, e);
    }

    /// <summary>The operator's address, which may have a password in it, as callers may read it.</summary>
    private string Host => SecretRedactor.Instance.Redact($"{options.Host}");

    private RequestException Unsuitable(string why) =>
        new(
            ErrorCode.DockerUnavailable, $"The engine at {Host} {why}.",
            "Ask the operator to use a supported Docker Engine (20.10 or later).");

    /// <summary>The engine's own sentence out of an error's JSON.</summary>
    public static string Text(DockerApiException e)
    {
        const string field = "\"message\":\"";
        var body = e.ResponseBody ?? "";
        var start = body.IndexOf(field, StringComparison.Ordinal);
        var end = body.LastIndexOf('"');
        return start < 0 || end <= start + field.Length
            ? body.Trim()
            : body[(start + field.Length)..end].Replace("\\\"", "'", StringComparison.Ordinal);
    }

    [LoggerMessage(LogLevel.Information, "Connected to the Docker Engine")]
    private static partial void LogConnected(
        ILogger logger, [Untrusted] Uri dockerHost, string dockerVersion, string apiVersion, string engineId);

    [LoggerMessage(LogLevel.Warning, "Docker Engine did not answer")]
    private static partial void LogUnreachable(ILogger logger, string dockerCall, [Untrusted] string reason);
}
