namespace McpDevBench.Audit;

/// <summary>The events of the audit log. Their names are a contract with its readers.</summary>
internal static class AuditEvents
{
    public const string ContainerSpawn = "container.spawn";
    public const string ContainerAttach = "container.attach";
    public const string ContainerResume = "container.resume";
    public const string ContainerKill = "container.kill";
    public const string ExecStart = "exec.start";
    public const string ExecSignal = "exec.signal";
    public const string ExecCancel = "exec.cancel";
    public const string ExecInput = "exec.input";
    public const string ExecFinish = "exec.finish";
    public const string FsRead = "fs.read";
    public const string FsWrite = "fs.write";
    public const string FsEdit = "fs.edit";
    public const string FsDelete = "fs.delete";
    public const string FsBatch = "fs.batch";
    public const string FsCopy = "fs.copy";
    public const string FsImport = "fs.import";
    public const string FsExport = "fs.export";
    public const string AuthDenied = "auth.denied";
    public const string PolicyDenied = "policy.denied";
    public const string QuotaDenied = "quota.denied";
    public const string QuotaEnforced = "quota.enforced";
    public const string AgentDenied = "agent.denied";
    public const string SystemStart = "system.start";
    public const string SystemStop = "system.stop";
    public const string SystemReconcile = "system.reconcile";
    public const string SystemGc = "system.gc";

    public static IReadOnlyList<string> All { get; } =
    [
        ContainerSpawn, ContainerAttach, ContainerResume, ContainerKill, ExecStart, ExecSignal, ExecCancel, ExecInput, ExecFinish, FsRead,
        FsWrite, FsEdit, FsDelete, FsBatch,
        FsCopy, FsImport, FsExport, AuthDenied, PolicyDenied, QuotaDenied, QuotaEnforced, AgentDenied,
        SystemStart, SystemStop, SystemReconcile, SystemGc,
    ];
}

/// <summary>The results of an event.</summary>
internal static class AuditResults
{
    public const string Success = "success";
    public const string Failure = "failure";

    /// <summary>A rule or a quota does not allow it.</summary>
    public const string Denied = "denied";

    public static IReadOnlyList<string> All { get; } = [Success, Failure, Denied];
}
