using McpDevBench.Workspaces;
using McpDevBench.Observability.Logs;
using McpDevBench.Observability.Secrets;
using McpDevBench.Observability;
using McpDevBench.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace McpDevBench.Cli;

/// <summary>Serves until it is told to stop, or until the client of the stdio transport has gone.</summary>
internal sealed partial class ServeCommand(IReadOnlyDictionary<string, string> given) : Command
{
    public override async Task<int> RunAsync()
    {
        var source = SettingsSource.Read(given, Environment.GetEnvironmentVariables(), AppContext.BaseDirectory, Environment.CurrentDirectory);
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
            AppDomain.CurrentDomain.UnhandledException += (_, crash) => LogCannotGoOn(logger, crash.ExceptionObject as Exception);
            foreach (var (name, nearest) in source.Unknown(settings.Declared))
                LogUnknownSetting(logger, name, nearest);
            return await RunAsync(host, logger, options, stdio);
        }
        catch (RequestException refusal) when (stdio)
        {
            // What a client that starts servers itself shows of one that does not start is its standard error.
            await Console.Error.WriteLineAsync($"mcp-devbench: {refusal.Message} {refusal.Hint}");
            return 1;
        }
        catch (Exception exception)
        {
            SayLast(options.Log, exception);
            return 1;
        }
    }

    /// <summary>With a log of its own: the host's is gone, or never was. It takes secrets out of everything, but knows nothing of <see cref="UntrustedAttribute"/>.</summary>
    private static void SayLast(LogOptions options, Exception exception)
    {
        using var log = LogWriter.Create(options, TimeProvider.System);
        var logger = log.CreateLogger(typeof(ServeCommand).FullName!);
        if (exception is RequestException refusal)
            LogRefused(logger, refusal.Message, refusal.Hint);
        else
            LogCannotGoOn(logger, exception);
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
        return host.Services.GetRequiredService<Upkeep>().Failure is { } failure ? throw failure : 0;
    }

    /// <summary>Asked before anything is started: a second server must not touch what belongs to the first.</summary>
    private static string? WhyCannotListen(DevBenchOptions options, bool stdio)
    {
        if (!stdio && ListenAddress.WhyNot(options.Access.Host, options.Access.Port) is { } reason)
            return $"cannot listen on {options.Access.Host}:{options.Access.Port}: {reason}. Set MCP_HOST and MCP_PORT to an address that is free.";
        if (options.Metrics.ServedOver(stdio) && ListenAddress.WhyNot(options.Metrics.Host, options.Metrics.Port) is { } metrics)
            return $"cannot serve metrics on {options.Metrics.Host}:{options.Metrics.Port}: {metrics}. Set MCP_METRICS_PORT to a free port, or MCP_METRICS_ENABLED=false.";
        return null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Server started")]
    private static partial void LogStarted(ILogger logger, string version, string transport, string? url);

    [LoggerMessage(Level = LogLevel.Information, Message = "Server stopped")]
    private static partial void LogStopped(ILogger logger);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The server cannot start")]
    private static partial void LogRefused(ILogger logger, string reason, string hint);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The server cannot go on")]
    private static partial void LogCannotGoOn(ILogger logger, Exception? exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "There is no such setting, so it does nothing")]
    private static partial void LogUnknownSetting(ILogger logger, [Untrusted] string setting, string? nearest);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whoever reaches this address may do everything: there is no authentication (MCP_ALLOW_INSECURE)")]
    private static partial void LogInsecure(ILogger logger, string host);
}
