using McpDevBench.Access;
using McpDevBench.Agents;
using McpDevBench.Audit;
using McpDevBench.Calls;
using McpDevBench.Workspaces;
using McpDevBench.Engine;
using McpDevBench.Execs;
using McpDevBench.Files;
using McpDevBench.Mcp;
using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Logs;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;
using McpDevBench.Observability.Traces;
using McpDevBench.Storage;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using ModelContextProtocol.Server;

namespace McpDevBench;

/// <summary>Every setting of the server, by room.</summary>
internal sealed record DevBenchOptions(
    LogOptions Log, TraceOptions Traces, MetricsOptions Metrics, AccessOptions Access, McpOptions Mcp, EngineOptions Engine,
    StorageOptions Storage, AuditOptions Audit, AgentOptions Agents, WorkspaceOptions Containers, ExecOptions Execs)
{
    public static DevBenchOptions Read(Settings settings)
    {
        var (log, traces, access) = (LogOptions.Read(settings), TraceOptions.Read(settings), AccessOptions.Read(settings));
        var metrics = MetricsOptions.Read(settings, access.Host);
        var mcp = McpOptions.Read(settings);
        return new(
            log, traces, metrics, access, mcp, EngineOptions.Read(settings),
            StorageOptions.Read(settings, mcp.Transport == Transport.Stdio), AuditOptions.Read(settings),
            AgentOptions.Read(settings), WorkspaceOptions.Read(settings), ExecOptions.Read(settings));
    }

    public bool IsStdio => Mcp.Transport == Transport.Stdio;

    public string McpPath => Mcp.Path;
}

/// <summary>The table of contents: every registration and every endpoint, in reading order.</summary>
internal static class DevBenchServer
{
    public static WebApplication CreateHttp(DevBenchOptions options)
    {
        var builder = CreateHttpBuilder(options);
        var mcp = AddPipeline(builder.Services, options).WithHttpTransport();
        AddRooms(builder.Services, options);
        builder.Services.AddBackground(options);
        AddContract(mcp, options);
        AddFileEndpoint(builder.Services);
        if (options.Metrics.ServedOver(stdio: false))
            AddMetricsListener(builder.Services, options);
        var app = builder.Build();
        MapEndpoints(app, options);
        app.Services.GetRequiredService<FileEndpoint>().Map(app);
        return app;
    }

    public static IHost CreateStdio(DevBenchOptions options)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = BuildInfo.Name });
        // Started before the transport: the first answer names its address.
        AddFileEndpoint(builder.Services);
        builder.Services.AddHostedService<LoopbackFiles>();
        var mcp = AddPipeline(builder.Services, options).WithStreamServerTransport(
            new CheckedInput(Console.OpenStandardInput()), new RelaxedJsonStream(Console.OpenStandardOutput()));
        AddRooms(builder.Services, options);
        builder.Services.AddBackground(options);
        AddContract(mcp, options);
        if (options.Metrics.ServedOver(stdio: true))
            AddMetricsListener(builder.Services, options);
        return builder.Build();
    }

    /// <summary>Kestrel with limits, on the configured address, without other sources of settings.</summary>
    public static WebApplicationBuilder CreateHttpBuilder(DevBenchOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = BuildInfo.Name });
        builder.Services.AddRoutingCore();
        // Of pinned memory, which is not given back soon: a body that waits for its turn stays with the client.
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.MaxReadBufferSize = 64 << 10);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.SetDefaults();
            kestrel.Limits.MaxRequestBodySize = 16L * options.Mcp.MaxRequestBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = HeaderLimits.Margin * HeaderLimits.MaxBytes;
            kestrel.Limits.MaxRequestHeaderCount = HeaderLimits.Margin * HeaderLimits.MaxCount;
            kestrel.Limits.MaxRequestLineSize = HeaderLimits.Margin * HeaderLimits.MaxAddress;
            kestrel.Listen(options.Access.Host, options.Access.Port);
        });
        return builder;
    }

    /// <summary>Observability, the audit record, and the pipeline around every call.</summary>
    public static IMcpServerBuilder AddPipeline(IServiceCollection services, DevBenchOptions options)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace)
            .EnableRedaction(redaction => redaction.ApplyDiscriminator = false));
        services.AddRedaction(redaction => redaction.SetRedactor<SecretRedactor>(UntrustedAttribute.Class));
        services.AddSingleton<ILoggerProvider>(provider => LogWriter.Create(options.Log, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(new MetricVocabulary(
            [.. ToolCatalogue.All.Select(tool => tool.Name), .. ProtocolMethods.All, .. FileEndpoint.Methods], DockerEngine.Calls,
            AuditEvents.All));
        services.AddSingleton<MetricCatalogue>();
        // Before every other part that is started and stopped: it sends what the last of them did.
        if (options.Traces.Enabled)
            services.AddHostedService(provider => new Tracing(options.Traces, provider.GetRequiredService<ILogger<Tracing>>()));
        services.AddSingleton<DrainState>();
        services.AddSingleton<HealthChecks>();
        services.AddSingleton<StatusReporter>();
        services.AddSingleton<PeriodicRunner>();
        services.AddSingleton(options.Metrics);
        services.AddSingleton(options.Storage);
        services.AddSingleton<StateDisk>();
        services.AddSingleton<Database>();
        services.AddSingleton<InstanceKey>();
        services.AddSingleton(options.Audit);
        services.AddSingleton<AuditLog>();
        services.AddSingleton<HostDenials>();
        services.AddSingleton(options.Access);
        services.AddSingleton(options.Mcp);
        services.AddSingleton<CallBudgets>();
        services.AddSingleton(provider => new BodySpool(options.Storage.Folder, IsDiskLow(provider)));
        services.AddSingleton(provider => new AnswerSpool(options.Storage.Folder, IsDiskLow(provider)));
        services.AddSingleton(options.Mcp.Tools.Names());
        services.AddSingleton<CallScopes>();
        services.AddSingleton<McpEntrance>();
        services.AddHostedService<Drain>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.Mcp.DrainGraceSeconds));
        services.AddOptions<McpServerOptions>().Configure<McpEntrance>((server, entrance) =>
        {
            server.ServerInfo = new() { Name = BuildInfo.Name, Title = "MCP DevBench", Version = BuildInfo.Version };
            entrance.Install(server);
        });
        return services.AddMcpServer();
    }

    private static Func<bool> IsDiskLow(IServiceProvider provider)
    {
        var disk = provider.GetRequiredService<StateDisk>();
        return () => disk.IsLow;
    }

    private static void AddFileEndpoint(IServiceCollection services)
    {
        services.AddSingleton<FileDownloads>();
        services.AddSingleton<FileUploads>();
        services.AddSingleton<FileEndpoint>();
    }

    private static void AddMetricsListener(IServiceCollection services, DevBenchOptions options)
    {
        services.AddSingleton<RuntimeMeters>();
        services.AddSingleton(provider => new MetricsListener(
            options.Metrics, provider.GetRequiredService<MetricCatalogue>(), provider.GetRequiredService<RuntimeMeters>(),
            provider.GetRequiredService<ILoggerFactory>(), provider.GetRequiredService<ILogger<MetricsListener>>())
        {
            Gate = app => GateMetrics(app, options, provider),
        });
        services.AddHostedService(provider => provider.GetRequiredService<MetricsListener>());
    }

    /// <summary>The checks of the API's requests, by the name that this listener has.</summary>
    private static void GateMetrics(IApplicationBuilder app, DevBenchOptions options, IServiceProvider services)
    {
        app.UseCorrelationIds();
        app.UseBrowserHeaders();
        app.UseHostGate(
            options.Access with { Host = options.Metrics.Host }, null, services.GetRequiredService<MetricCatalogue>().Access,
            services.GetRequiredService<HostDenials>().RecordAsync);
    }

    /// <summary>The services of the rooms that tools use.</summary>
    private static void AddRooms(IServiceCollection services, DevBenchOptions options)
    {
        services.AddSingleton<IdempotencyStore>();

        services.AddSingleton(options.Engine);
        services.AddSingleton(options.Agents);
        services.AddSingleton<DockerEngine>();
        services.AddSingleton<EngineContainers>();
        services.AddSingleton<EngineImages>();
        services.AddSingleton<EngineImageLayers>();
        services.AddSingleton<HelperContainers>();
        services.AddSingleton<EngineVolumes>();
        services.AddSingleton<AgentTransports>();
        services.AddSingleton(new RegistryCredentials(options.Containers.RegistryCredentials));

        services.AddSingleton<AgentDirectory>();
        services.AddSingleton<AgentVolume>();

        services.AddSingleton(options.Containers);
        services.AddWorkspaces();

        services.AddSingleton(options.Execs);
        services.AddSingleton<ExecStore>();
        services.AddSingleton<ExecKeys>();
        services.AddSingleton<OutputFolder>();
        services.AddSingleton<ExecSlots>();
        services.AddSingleton<ExecStarter>();
        services.AddSingleton<ExecSupervisor>();
        services.AddSingleton<AgentListener>(provider => provider.GetRequiredService<ExecSupervisor>());
        services.AddSingleton<CpuLimitLift>();
        services.AddSingleton<StarvedEnds>();
        services.AddSingleton<OutputLimit>();
        services.AddSingleton<ExecPlan>();
        services.AddSingleton<ExecLookup>();
        services.AddSingleton<ExecControl>();
        services.AddSingleton<ExecLauncher>();
        services.AddSingleton<ExecService>();
        services.AddSingleton<ExecReader>();
        services.AddSingleton<ExecAudit>();
        services.AddSingleton<ExecRecorder>();
        services.AddSingleton<OrphanedExecs>();
        services.AddSingleton<CallHandles>();

        services.AddSingleton<TransferSlots>();
        services.AddSingleton<WorkspaceFiles>();
        services.AddSingleton<FileService>();
        services.AddSingleton<FileFinder>();
        services.AddSingleton<FileTransfer>();
        services.AddSingleton<FileCopies>();
        services.AddSingleton(provider => new ZipSpool(options.Storage.Folder, IsDiskLow(provider)));

        services.AddSingleton<EngineChecks>();
        services.AddSingleton<EngineDisk>();
        services.AddSingleton<DiskEnforcer>();
        services.AddSingleton<DiskReadings>();
        services.AddSingleton<WorkspaceCommands, CommandControl>();
        services.AddSingleton<DiskWatch>();
        services.AddSingleton<LeaseRenewal>();
        services.AddSingleton<WorkspaceAudit>();
        services.AddSingleton<EngineReturn>();
        services.AddSingleton<StartState>();
    }

    /// <summary>What clients can call, read and ask for.</summary>
    private static void AddContract(IMcpServerBuilder mcp, DevBenchOptions options)
    {
        ToolCatalogue.Register(mcp.Services, options.Mcp.Tools);
        // A resource is there if the tool is that reads the same.
        if (options.Mcp.Tools.Offers(FsReadTool.Facts))
            mcp.Services.AddSingleton<McpServerResource, WorkspaceFileResource>();
        if (options.Mcp.Tools.Offers(ExecPollTool.Facts))
            mcp.Services.AddSingleton<McpServerResource, ExecLogResource>();
        var tools = options.Mcp.Tools.Names();
        mcp.WithPrompts(DevBenchPrompt.Create(options.Containers, new ImagePolicy(options.Containers), tools));
        mcp.Services.AddSingleton<Completions>();
        mcp.Services.AddOptions<McpServerOptions>().Configure<Completions>((server, completions) =>
        {
            server.ServerInstructions = tools.In(Instructions.Text(options.Containers.AllowNetwork));
            completions.Install(server);
        });
    }

    /// <summary>From the outside in: correlation id, count early rejections, answer failures, check Host and Origin, then serve.</summary>
    public static void MapEndpoints(WebApplication app, DevBenchOptions options)
    {
        var metrics = app.Services.GetRequiredService<MetricCatalogue>();
        app.UseCorrelationIds();
        app.UseBrowserHeaders();
        app.UseEarlyRejections(options.Mcp.Path, metrics.Api);
        app.UseHttpFailures(metrics.Access, options.Mcp.Path);
        app.UseHostGate(options.Access, options.Mcp.Path, metrics.Access, app.Services.GetRequiredService<HostDenials>().RecordAsync);
        app.UseCrossOriginSharing(options.Access, options.Mcp.Path);
        app.UseFileAddress(options.Access);
        var tools = options.Mcp.Tools.Names();
        app.Use((HttpContext context, RequestDelegate next) =>
        {
            ToolNames.Current = tools;
            return next(context);
        });
        app.UseHeaderLimits();
        app.UseStatusBodies(options.Mcp.Path);
        app.UseBodyLimit(options.Mcp.Path, options.Mcp.MaxRequestBytes, metrics.Access);
        app.UseStaleSessions(options.Mcp.Path);
        var budgets = app.Services.GetRequiredService<CallBudgets>();
        metrics.BeforeCollect(() => metrics.Memory.Counted(budgets.Small.Used, budgets.Large.Used, budgets.Answers.Used));
        // Around what sends the answer: its memory is taken until the client has it, or until it is in a file.
        app.UseCheckedMessages(
            options.Mcp.Path, budgets, app.Services.GetRequiredService<BodySpool>(), app.Services.GetRequiredService<AnswerSpool>());
        app.UseJsonAnswers(options.Mcp.Path);
        app.UseTransportErrors(options.Mcp.Path);
        app.UseRouting();
        app.MapRoot(options.Mcp.Path);
        app.MapHealth();
        app.MapMcp(options.Mcp.Path);
    }
}
