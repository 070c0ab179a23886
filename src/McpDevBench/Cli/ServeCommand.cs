using McpDevBench.Workspaces;
using McpDevBench.Observability.Logs;
using McpDevBench.Observability.Secrets;
using McpDevBench.Observability;
using McpDevBench.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace McpDevBench.Cli;

/// <summary>Serves until a signal stops it, or until the client of the stdio transport has gone.</summary>
internal sealed partial class ServeCommand(IReadOnlyDictionary<string, string> given) : Command
{
    public override async Task<int> RunAsync()
    {
        var source = SettingsSource.Read(
            given, Environment.GetEnvironmentVariables(), AppContext.BaseDirectory, Environment.CurrentDirectory);
        var settings = new Settings(source.Configuration);
        var options = DevBenchOptions.Read(settings);
        var stdio = options.IsStdio;
        if (!stdio)
            options.Access.CheckListening(settings);
        if (options.Metrics.ServedOver(stdio))
            options.Metrics.CheckListening(settings, options.Access.AllowInsecure, stdio ? 0 : options.Access.Port);
        options.Audit.CheckFile(settings);
        options.Log.CheckFile(settings);
        foreach (var error in source.Errors.Concat(settings.Errors))
            await Console.Error.WriteLineAsync($"mcp-devbench: {error}");
        if (source.Errors.Count + settings.Errors.Count > 0)
            return CommandLine.Misuse;
        if (WhyCannotListen(options, stdio) is { } reason)
        {
            await Console.Error.WriteLineAsync($"mcp-devbench: {reason}");
            return 1;
        }

        try
        {
            using var host = stdio ? DevBenchServer.CreateStdio(options) : DevBenchServer.CreateHttp(options);
            var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ServeCommand).FullName!);
            AppDomain.CurrentDomain.UnhandledException += (_, crash) => LogCrashed(logger, crash.ExceptionObject as Exception);
            foreach (var (name, nearest) in source.Unknown(settings.Declared))
                LogUnknownSetting(logger, name, nearest);
            return await RunAsync(host, logger, options, stdio);
        }
        catch (RequestException error) when (stdio)
        {
            // A client that starts the server itself shows its standard error.
            await Console.Error.WriteLineAsync($"mcp-devbench: {error.Message} {error.Hint}");
            return 1;
        }
        catch (Exception exception)
        {
            LogLast(options.Log, exception);
            return 1;
        }
    }

    /// <summary>
    /// Logs why the server ends. The host's log is gone or was never made, so this opens another one. It redacts secrets in everything, and
    /// does not know <see cref="UntrustedAttribute"/>.
    /// </summary>
    private static void LogLast(LogOptions options, Exception exception)
    {
        using var log = LogWriter.Create(options, TimeProvider.System);
        var logger = log.CreateLogger(typeof(ServeCommand).FullName!);
        if (exception is RequestException error)
            LogCannotStart(logger, error.Message, error.Hint);
        else
            LogCrashed(logger, exception);
    }

    private static async Task<int> RunAsync(IHost host, ILogger logger, DevBenchOptions options, bool stdio)
    {
        // Before the host starts, which would log its own long line about a database that cannot be opened.
        host.Services.GetRequiredService<Database>();
        await host.Services.GetRequiredService<StateLease>().AcquireAtStartAsync();
        await host.StartAsync();
        if (!stdio && !options.Access.IsLoopback)
            LogInsecure(logger, options.Access.Host);
        var address = host.Services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        LogStarted(logger, BuildInfo.Version, stdio ? "stdio" : "streamable-http", address is null ? null : address + options.McpPath);
        await host.WaitForShutdownAsync();
        LogStopped(logger);
        return host.Services.GetRequiredService<LeaseRenewal>().Failure is { } failure ? throw failure : 0;
    }

    /// <summary>Checked before anything starts: a second server must not change the state of the first.</summary>
    private static string? WhyCannotListen(DevBenchOptions options, bool stdio)
    {
        if (!stdio && ListenAddress.WhyNot(options.Access.Host, options.Access.Port) is { } reason)
            return $"cannot listen on {options.Access.Host}:{options.Access.Port}: {reason}. "
                + "Set MCP_HOST and MCP_PORT to an address that is free.";
        if (options.Metrics.ServedOver(stdio) && ListenAddress.WhyNot(options.Metrics.Host, options.Metrics.Port) is { } metrics)
            return $"cannot serve metrics on {options.Metrics.Host}:{options.Metrics.Port}: {metrics}. "
                + "Set MCP_METRICS_PORT to a free port, or MCP_METRICS_ENABLED=false.";
        return null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Server started")]
    private static partial void LogStarted(ILogger logger, string version, string transport, string? url);

    [LoggerMessage(Level = LogLevel.Information, Message = "Server stopped")]
    private static partial void LogStopped(ILogger logger);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The server cannot start")]
    private static partial void LogCannotStart(ILogger logger, string reason, string hint);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The server cannot go on")]
    private static partial void LogCrashed(ILogger logger, Exception? exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unknown setting ignored")]
    private static partial void LogUnknownSetting(ILogger logger, [Untrusted] string setting, string? nearest);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "No authentication on a non-loopback address: anyone who can reach it has full access")]
    private static partial void LogInsecure(ILogger logger, string host);
}
