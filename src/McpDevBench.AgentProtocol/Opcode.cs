namespace McpDevBench.AgentProtocol;

/// <summary>
/// The kind of a <see cref="FrameKind.Request"/>. Each names its request message, its content (Data frames) and its response message.
/// </summary>
public enum Opcode : byte
{
    /// <summary><see cref="ExecStart"/> → <see cref="ExecStarted"/>. Idempotent: a key that exists answers with its process.</summary>
    ExecStart = 1,

    /// <summary>
    /// <see cref="ExecInput"/> → <see cref="ExecInputTaken"/>, when all is taken, the channel is cancelled or the exec takes no more.
    /// </summary>
    ExecInput = 2,

    /// <summary><see cref="ExecSignal"/> → empty. To every process of the exec.</summary>
    ExecSignal = 3,

    /// <summary><see cref="ExecCancel"/> → empty, when the termination has begun. Ends in <see cref="FrameKind.ExecExited"/>.</summary>
    ExecCancel = 4,

    /// <summary><see cref="ExecResize"/> → empty.</summary>
    ExecResize = 5,

    /// <summary><see cref="StatRequest"/> → <see cref="FileStat"/>.</summary>
    Stat = 10,

    /// <summary><see cref="ListRequest"/> → <see cref="ListResponse"/>.</summary>
    List = 11,

    /// <summary>
    /// <see cref="ReadRequest"/> → Data (agent to server), DataEnd → <see cref="FileStat"/> of the file that was opened. The Response frame
    /// comes after the content.
    /// </summary>
    Read = 12,

    /// <summary><see cref="WriteRequest"/>, Data (server to agent), DataEnd → <see cref="FileStat"/> of the new file.</summary>
    Write = 13,

    /// <summary><see cref="DeleteRequest"/> → empty.</summary>
    Delete = 14,

    /// <summary><see cref="SearchRequest"/> → <see cref="SearchResponse"/>.</summary>
    Search = 15,

    /// <summary>
    /// <see cref="BatchRequest"/>, Data: the contents of its writes one after another, DataEnd → <see cref="BatchResponse"/>.
    /// </summary>
    Batch = 16,

    /// <summary><see cref="ExportRequest"/> → Data: a tar archive, DataEnd → <see cref="TransferResponse"/>.</summary>
    Export = 17,

    /// <summary><see cref="ImportRequest"/>, Data: a tar archive, DataEnd → <see cref="TransferResponse"/>.</summary>
    Import = 18,

    /// <summary>Empty → <see cref="AgentInfo"/>.</summary>
    Info = 19,

    /// <summary>
    /// Empty → <see cref="ContainerUsage"/>. An agent of a build before it answers Invalid, as to every opcode that it does not know.
    /// </summary>
    Usage = 20,

    /// <summary>Since version 2: <see cref="DiskUsageRequest"/> → <see cref="DiskUsage"/>.</summary>
    DiskUsage = 21,

    /// <summary>Since version 3: <see cref="DiskFreeRequest"/> → <see cref="DiskFree"/>.</summary>
    DiskFree = 22,
}

/// <summary>
/// The first byte of a <see cref="FrameKind.Response"/>. Everything but Ok is followed by a UTF-8 text: what was wrong.
/// </summary>
public enum AgentStatus : byte
{
    Ok = 0,

    /// <summary>The request itself makes no sense (an empty argv, a bad pattern).</summary>
    Invalid = 1,

    NotFound = 2,

    /// <summary>The path leads out of the workspace, through a link or by its own words.</summary>
    PathDenied = 3,

    /// <summary>An <c>if_match</c> or <c>if_none_match</c> does not hold.</summary>
    Conflict = 4,

    NotADirectory = 5,
    IsADirectory = 6,
    NotEmpty = 7,

    /// <summary>Neither a regular file nor a directory: a FIFO, socket or device.</summary>
    NotRegular = 8,

    PermissionDenied = 9,

    /// <summary>No space, no quota, or the file size limit.</summary>
    NoSpace = 10,

    /// <summary>More than one of the agent's stated limits allows.</summary>
    TooLarge = 11,

    /// <summary>No process, descriptor or memory to be had: the workspace is at its limits.</summary>
    Exhausted = 12,

    Cancelled = 13,

    /// <summary>No exec of that key, or it has ended.</summary>
    NoSuchExec = 14,

    /// <summary>The program cannot be started: not found, not executable, wrong format.</summary>
    CannotStart = 15,

    /// <summary>Any other error of the system; the text names it.</summary>
    Failed = 16,

    /// <summary>Since version 2: <see cref="RequestHeader.ExpiresAt"/> has passed. Nothing was done.</summary>
    Expired = 17,
}
