using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Segments;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Removes shared objects of any kind and any process by name, except a process pool, which exists only in its session.</para>
/// </summary>
[Cmdlet(VerbsCommon.Remove, "IpcObject", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = NameSet)]
public sealed class RemoveIpcObjectCommand : IpcCmdlet
{
    private const string NameSet = "Name";
    private const string ObjectSet = "Object";

    /// <summary>The names, with wildcards. A plain name that does not exist is an error.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(AnyObjectNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>The objects that Get-IpcObject wrote.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    public SharedObjectInfo[] InputObject { get; set; } = [];

    /// <summary>Only objects of these kinds.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(ObjectKindCompleter))]
    public ObjectKind[]? Kind { get; set; }

    /// <summary>Removes the objects.</summary>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ObjectSet)
        {
            foreach (SharedObjectInfo info in InputObject)
            {
                Remove(info.Kind, info.Name);
            }

            return;
        }

        (string Path, ObjectKind Kind, string Name)[] all = IpcDirectory.Default.ObjectFiles().ToArray();
        foreach (string name in Name)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            bool wild = WildcardPattern.ContainsWildcardCharacters(name);
            var found = all
                .Where(o => wild ? pattern.IsMatch(o.Name) : o.Name == name)
                .Where(o => Kind?.Contains(o.Kind) ?? (!wild || o.Kind != ObjectKind.Worker)) // A pool's links are nobody's to remove.
                .ToArray();
            if (found.Length == 0 && !wild)
            {
                WriteError(IpcErrorRecord.From(new IpcException(IpcErrorKind.NotFound, Messages.SharedObjectNotFound.With(name), name)));
            }

            foreach ((_, ObjectKind kind, string objectName) in found)
            {
                Remove(kind, objectName);
            }
        }
    }

    private void Remove(ObjectKind kind, string name)
    {
        if (!ShouldProcess($"{kind} '{name}'"))
        {
            return;
        }

        Try(
            () =>
            {
                if (!TryRemovePool(kind, name) && !TryRemoveOpen(kind, name))
                {
                    IpcDirectory.Default.DeleteFile(kind, name);
                }
            },
            name);
    }

    /// <summary>Removes a pool of this session, killing its workers; false when it is no pool, or one that nobody has any more.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotOwner"/>: a living pool of another session, or the link of one to a worker. Without its file no worker could start.</exception>
    private bool TryRemovePool(ObjectKind kind, string name)
    {
        if (kind is not (ObjectKind.Pool or ObjectKind.Worker))
        {
            return false;
        }

        if (kind == ObjectKind.Pool && ProcessPool.All.FirstOrDefault(p => p.Name == name) is { } pool)
        {
            pool.Dispose();
            pool.Engine.WaitUntilGone(Deadline.Never, StopToken);
            return true;
        }

        IpcDirectory directory = IpcDirectory.Default;
        if (SharedObjectInfo.TryRead(directory, directory.PathOf(kind, name), kind, name) is not { IsOrphaned: false } info)
        {
            return false;
        }

        throw new IpcException(
            IpcErrorKind.NotOwner,
            kind == ObjectKind.Pool
                ? Messages.PoolOfAnotherSession.With(name, info.CreatorProcessId)
                : Messages.WorkerLinkOfPool.With(name, info.CreatorProcessId),
            name);
    }

    /// <summary>Removes an object so that those who wait in it learn of it; false when it cannot be opened.</summary>
    private bool TryRemoveOpen(ObjectKind kind, string name)
    {
        try
        {
            IIpcObject? target = kind switch
            {
                ObjectKind.Queue => IpcQueue.Named.ByName(name),
                ObjectKind.Topic => IpcTopic.Named.ByName(name),
                ObjectKind.Pipe => IpcPipe.Named.ByName(name),
                ObjectKind.Lock => IpcLock.Named.ByName(name),
                ObjectKind.Semaphore => IpcSemaphore.Named.ByName(name),
                ObjectKind.Event => IpcEvent.Named.ByName(name),
                ObjectKind.Array => SharedArray.Named.ByName(name),
                ObjectKind.Value => SharedValue.Named.ByName(name),
                ObjectKind.Memory => SharedMemory.Named.ByName(name),
                ObjectKind.Barrier => IpcBarrier.Named.ByName(name),
                ObjectKind.Condition => IpcCondition.Named.ByName(name),
                ObjectKind.Dictionary => SharedDictionary.Named.ByName(name),
                _ => null,
            };
            target?.Remove(StopToken);
            target?.Dispose();
            return target is not null;
        }
        catch (IpcException e) when (e.Kind is IpcErrorKind.CorruptData or IpcErrorKind.VersionMismatch or IpcErrorKind.NotFound)
        {
            return false;
        }
    }
}
