using System.Collections;
using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Processes;
using PSIpc.Core.Waiting;

namespace PSIpc;

/// <summary>What a parent asks of its child: the first message of their link.</summary>
internal sealed class ProcessTask
{
    /// <summary>The script, or the full path of a script file as its text.</summary>
    public required ScriptSource Script { get; init; }

    public bool IsFile { get; init; }

    public object?[] Arguments { get; init; } = [];

    /// <summary>Values of <c>$using:</c> by the key under which the engine looks them up.</summary>
    public Hashtable Using { get; init; } = [];

    public SessionSetup Setup { get; init; } = new();

    public bool IsDetached { get; init; }

    /// <summary>Ends what was passed on to a process that is gone and had not taken it: ends of pipes and subscriptions among the arguments.</summary>
    public void CloseUntaken()
    {
        foreach (object? value in Arguments.Concat(Using.Values.Cast<object?>()))
        {
            try
            {
                (Unwrap(value) as IpcChannel)?.CloseUntaken();
            }
            catch (IpcException)
            {
                // Removed or damaged: nobody waits for it.
            }
        }
    }

    /// <summary>Sends the task; the child is not there yet and will find it.</summary>
    public void Send(ProcessLink link)
    {
        var data = new Hashtable(StringComparer.Ordinal)
        {
            [nameof(Script)] = Script.ToData(),
            [nameof(IsFile)] = IsFile,
            [nameof(Arguments)] = Arguments,
            [nameof(Using)] = Using,
            [nameof(Setup)] = Setup.ToData(),
            [nameof(IsDetached)] = IsDetached,
        };
        IIpcSerializer serializer = IpcSerializers.Get(IpcSerializers.DefaultName);
        MessageBuffer buffer = MessageBuffer.Rent();
        try
        {
            IpcServers.WriteInheritance(buffer);
            serializer.Serialize(data, buffer, IpcSerializers.DefaultDepth + 2);
            link.SendToChild(buffer.Written, MessageStamp.Now(serializer.Format), Deadline.Never, default);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Reads the task.</summary>
    public static ProcessTask Receive(ProcessLink link)
    {
        var message = new ReceivedMessage();
        link.ReceiveFromParent(message, Deadline.Never, default);

        // First, since the task may refer to what is on a server.
        ReadOnlyMemory<byte> body = message.Body;
        IpcServers.ReadInheritance(ref body);
        if (Unwrap(IpcSerializers.Get(message.Stamp.Format).Deserialize(body)) is not Hashtable data)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.ProcessTaskInvalid, link.Name);
        }

        var task = new ProcessTask
        {
            Script = ScriptSource.FromData(data[nameof(Script)]),
            IsFile = (bool)Unwrap(data[nameof(IsFile)])!,
            Arguments = (object?[])Unwrap(data[nameof(Arguments)])!,
            Using = (Hashtable)Unwrap(data[nameof(Using)])!,
            Setup = SessionSetup.FromData((object?[])Unwrap(data[nameof(Setup)])!),
            IsDetached = (bool)Unwrap(data[nameof(IsDetached)])!,
        };
        foreach (object? value in task.Arguments.Concat(task.Using.Values.Cast<object?>()))
        {
            MissingIpcObject.ThrowIfMissing(value);
        }

        return task;
    }

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
