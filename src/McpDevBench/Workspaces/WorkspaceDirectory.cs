using System.Collections.Concurrent;
using McpDevBench.Observability.Secrets;
using McpDevBench.Observability;

namespace McpDevBench.Workspaces;

/// <summary>Every workspace in memory, as the database has it: what each call looks its handle up in.</summary>
internal sealed partial class WorkspaceDirectory
{
    /// <summary>A use is written to the database at most so often; the janitor waits as much longer.</summary>
    public static readonly TimeSpan UseGranularity = TimeSpan.FromSeconds(5);

    private readonly Lock _adding = new();
    private readonly WorkspaceStore _store;
    private readonly KeptFileStore _keptFiles;
    private readonly TimeProvider _time;
    private readonly ILogger<WorkspaceDirectory> _logger;
    private readonly ConcurrentDictionary<WorkspaceId, Workspace> _byId = [];
    private readonly ConcurrentDictionary<WorkspaceId, (string? ClientName, string? SessionId)> _attached = [];
    private readonly ConcurrentDictionary<WorkspaceId, Guid> _boots = [];
    // Each resume is an object of its own, so that one during a call is not taken for the one that the call reported.
    private readonly ConcurrentDictionary<WorkspaceId, object> _resumed = [];
    private readonly ConcurrentDictionary<WorkspaceId, bool> _homeLost = [];
    private readonly ConcurrentDictionary<WorkspaceId, string> _adoptions = [];

    public WorkspaceDirectory(WorkspaceStore store, KeptFileStore keptFiles, TimeProvider time, ILogger<WorkspaceDirectory> logger)
    {
        (_store, _keptFiles, _time, _logger) = (store, keptFiles, time, logger);
        foreach (var workspace in store.Load())
        {
            _byId[workspace.Id] = workspace;
            NoteAdoption(workspace);
        }
    }

    public ICollection<Workspace> All => _byId.Values;

    /// <summary>By id or alias, and marks it as used.</summary>
    /// <exception cref="RequestException">container_not_found, alike for what does not exist and what has another owner.</exception>
    public Workspace Find(Caller caller, string target)
    {
        var found = TryFind(caller, target) ?? throw NotFound(caller, target);
        Note(found);
        return Use(found);
    }

    /// <summary>By id or alias; null where <see cref="Find(string, string)"/> throws.</summary>
    public Workspace? TryFind(Caller caller, string target)
    {
        var found = Lookup(target, caller);
        return found is null || found.Owner != caller.Name || found.Status is WorkspaceStatus.Removing ? null : found;
    }

    /// <summary>By id or alias, one whose removal has begun and is not finished.</summary>
    public Workspace? FindRemoving(Caller caller, string target) =>
        Lookup(target, caller) is { Status: WorkspaceStatus.Removing } found && found.Owner == caller.Name ? found : null;

    /// <summary>The owner's workspace with an alias, whatever its status; null if there is none.</summary>
    public Workspace? FindByAlias(Caller caller, string alias) =>
        _byId.Values.FirstOrDefault(workspace => workspace.Alias == alias && workspace.Owner == caller.Name);

    public Workspace? FindByContainer(ContainerId container) => _byId.Values.FirstOrDefault(workspace => workspace.Container == container);

    /// <summary>
    /// The id behind an id or alias, without counting as a use, also of a removed workspace whose files are kept; null for what does not
    /// exist or belongs to another owner.
    /// </summary>
    public WorkspaceId? IdOf(Caller caller, string target)
    {
        if (Lookup(target, caller) is { } found)
            return found.Owner == caller.Name ? found.Id : null;
        return WorkspaceId.TryParse(_keptFiles.Find(caller, target)?.ContainerId, out var id) ? id : null;
    }

    public Workspace? Find(WorkspaceId id) => _byId.GetValueOrDefault(id);

    /// <param name="ceiling">Checked together with adding, so that concurrent spawns cannot pass it; null for a workspace that exists
    /// already.</param>
    /// <exception cref="RequestException">resource_exhausted: the ceiling is reached. conflict: the alias is taken.</exception>
    public void Add(Workspace workspace, WorkspaceCeiling? ceiling = null)
    {
        lock (_adding)
        {
            ceiling?.Require(_byId.Values, workspace.Limits);
            _store.Insert(workspace);
            _byId[workspace.Id] = workspace;
            NoteAdoption(workspace);
        }
    }

    /// <summary>Writes the new state down; the database first.</summary>
    public Workspace Replace(Workspace workspace)
    {
        _store.Update(workspace);
        _byId[workspace.Id] = workspace;
        return workspace;
    }

    /// <summary>Its removal has begun: no call finds it any more. On a full disk it goes on without being written down.</summary>
    /// <param name="keepVolume">Its volume waits for the next workspace with the alias; that has to be written down.</param>
    public void BeginRemoval(Workspace workspace, bool keepVolume)
    {
        try
        {
            _store.BeginRemoval(workspace, keepVolume ? _time.GetUtcNow() : null);
        }
        catch (RequestException e) when (e.Code == ErrorCode.ResourceExhausted && !keepVolume)
        {
            LogNotWritten(_logger, workspace.Id, e.Message);
        }
        _byId[workspace.Id] = workspace with { Status = WorkspaceStatus.Removing };
    }

    /// <summary>It is gone. On a full disk its row stays, and the reconciler of the next start finds that nothing belongs to it.</summary>
    public void Remove(Workspace workspace)
    {
        _byId.TryRemove(workspace.Id, out _);
        _attached.TryRemove(workspace.Id, out _);
        _boots.TryRemove(workspace.Id, out _);
        _resumed.TryRemove(workspace.Id, out _);
        _homeLost.TryRemove(workspace.Id, out _);
        _adoptions.TryRemove(workspace.Id, out _);
        try
        {
            _store.Delete(workspace);
        }
        catch (RequestException e) when (e.Code == ErrorCode.ResourceExhausted)
        {
            LogNotWritten(_logger, workspace.Id, e.Message);
        }
    }

    /// <summary>
    /// Its container has ended by itself, or was stopped past this server. A workspace that has another container by now is left as it is.
    /// </summary>
    public void MarkStopped(Workspace workspace)
    {
        if (_byId.TryGetValue(workspace.Id, out var present)
            && present.Status == WorkspaceStatus.Running && present.Container == workspace.Container)
            Replace(present with { Status = WorkspaceStatus.Stopped });
    }

    /// <summary>
    /// The agent of a workspace answers. Another boot than the last one: the container was started anew, and its processes are gone.
    /// </summary>
    public void NoteBoot(WorkspaceId id, Guid boot)
    {
        if (_boots.TryGetValue(id, out var last) && last != boot)
        {
            ForgetHomeLost(id);
            _resumed[id] = new object();
        }
        _boots[id] = boot;
    }

    /// <summary>Calls that use the workspace report that its processes are gone, until the result of a tool has.</summary>
    public void NoteResumed(WorkspaceId id) => _resumed[id] = new object();

    /// <summary>The last resume found no volume of the home directory, and has made an empty one.</summary>
    public void NoteHomeLost(WorkspaceId id) => _homeLost[id] = true;

    /// <summary>Another resume begins.</summary>
    public void ForgetHomeLost(WorkspaceId id) => _homeLost.TryRemove(id, out _);

    /// <summary>
    /// Lets the current call report a resume or an adoption that no result of a tool has reported yet. A model reads nothing else: a
    /// download's header or a resource does not count.
    /// </summary>
    public void ReportChanges(WorkspaceId id)
    {
        if (CallFacts.Current is not { } facts)
            return;
        if (_resumed.TryGetValue(id, out var resume))
        {
            ReportResumed(id);
            facts.Reported += () => _resumed.TryRemove(KeyValuePair.Create(id, resume));
        }
        if (_adoptions.TryGetValue(id, out var adoption))
        {
            facts.Reported += () => _adoptions.TryRemove(KeyValuePair.Create(id, adoption));
            // A call may look a workspace up more than once.
            if (!facts.Adoptions.Contains(adoption))
                facts.Adoptions.Add(adoption);
        }
    }

    /// <summary>Lets the current call report that the workspace was resumed.</summary>
    public void ReportResumed(WorkspaceId id)
    {
        if (CallFacts.Current is not { } facts)
            return;
        var name = _byId.GetValueOrDefault(id)?.Alias ?? id.ToString();
        var before = facts.Resumed.FindIndex(workspace => workspace.Name == name);
        var homeLost = _homeLost.ContainsKey(id);
        if (before < 0)
            facts.Resumed.Add(new(name, homeLost));
        else if (homeLost)
            facts.Resumed[before] = new(name, homeLost);
    }

    /// <summary>Files of a removed workspace, by its alias or id; null if there are none.</summary>
    public KeptFiles? FindKept(Caller caller, string target) => _keptFiles.Find(caller, target);

    public RequestException NotFound(Caller caller, string target)
    {
        if (FindRemoving(caller, target) is not null)
            return new RequestException(
                ErrorCode.ContainerNotFound, $"The workspace {CallFacts.Named(target)} is being removed.",
                "Call list_containers to see yours, or spawn for a new one.");
        return _keptFiles.Find(caller, target) is not { } kept ? Unknown(target) : new(
            ErrorCode.ContainerNotFound, $"The workspace {CallFacts.Named(target)} has been removed; its files were kept.",
            $"Call spawn with alias={kept.Alias} to restore them.");
    }

    private static RequestException Unknown(string target) => new(
        ErrorCode.ContainerNotFound,
        $"There is no workspace {CallFacts.Named(target)}: it never existed, has been removed, or has expired.",
        "Call list_containers to see yours, or spawn for a new one.");

    /// <summary>A client has attached to it under these names, which are for display.</summary>
    public void Attach(Workspace workspace, string? clientName, string? sessionId) => _attached[workspace.Id] = (clientName, sessionId);

    /// <summary>
    /// Records that the current call is about this workspace, and the client that attached to it last unless the call names one.
    /// </summary>
    public void Note(Workspace workspace)
    {
        if (CallFacts.Current is not { } facts)
            return;
        (facts.ContainerId, facts.Image) = (workspace.Id.ToString(), workspace.Image);
        if (!_attached.TryGetValue(workspace.Id, out var attached))
            return;
        facts.ClientName ??= attached.ClientName;
        facts.SessionId ??= attached.SessionId;
    }

    private void NoteAdoption(Workspace workspace)
    {
        if (workspace.Adoption is { } adoption)
            _adoptions[workspace.Id] = adoption;
    }

    private Workspace? Lookup(string target, Caller caller) => WorkspaceId.TryParse(target, out var id)
        ? _byId.GetValueOrDefault(id)
        : _byId.Values.FirstOrDefault(workspace => workspace.Alias == target && workspace.Owner == caller.Name);

    private Workspace Use(Workspace workspace)
    {
        var now = _time.GetUtcNow();
        if (now - workspace.LastUsedAt < UseGranularity)
            return workspace;
        var used = workspace with { LastUsedAt = now };
        if (!_byId.TryUpdate(workspace.Id, used, workspace))
            return workspace;
        try
        {
            _store.Touch(used.Id, now);
        }
        catch (RequestException e)
        {
            // A use that is not written down merely makes the workspace look idle after a restart; the call itself goes on.
            LogNotWritten(_logger, workspace.Id, e.Message);
        }
        return used;
    }

    [LoggerMessage(LogLevel.Warning, "A change of a workspace could not be written down")]
    private static partial void LogNotWritten(ILogger logger, WorkspaceId containerId, [Untrusted] string reason);
}
