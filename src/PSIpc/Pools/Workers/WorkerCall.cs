using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSIpc.Core;

namespace PSIpc;

/// <summary>A call as a worker has it: its script block, parsed once, and how its items are run.</summary>
internal abstract class WorkerCall : IDisposable
{
    private protected WorkerCall(CallSetup setup, ScriptBlock block)
    {
        Setup = setup;
        Block = block;
        Arguments = setup.Arguments;
    }

    /// <summary>What the call is run with.</summary>
    public CallSetup Setup { get; }

    private protected ScriptBlock Block { get; }

    private protected object?[] Arguments { get; }

    /// <summary>How the items of a script block are run.</summary>
    public static WorkerCall For(CallSetup setup, ScriptBlock block) =>
        ScriptShape.HasBlocks(block) || setup.Parameters is not null || !ScriptShape.BindsByPosition(block, setup.Arguments) || !ScriptBlockCall.IsSupported
            ? new SteppedCall(setup, block)
            : new DirectCall(setup, block);

    /// <summary>Runs an item.</summary>
    public abstract void Run(PSCmdlet cmdlet, object? item);

    /// <summary>Runs what comes after the last item.</summary>
    public virtual void End(PSCmdlet cmdlet)
    {
    }

    /// <summary>The pipeline around it is gone, and with it what was open.</summary>
    public virtual void Lose() => Dispose();

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>A script block without blocks of its own: each item is a call in a scope of its own.</summary>
internal sealed class DirectCall(CallSetup setup, ScriptBlock block) : WorkerCall(setup, block)
{
    public override void Run(PSCmdlet cmdlet, object? item) => ScriptBlockCall.Invoke(Block, cmdlet, item, Arguments);
}

/// <summary>
/// A script block with <c>begin</c>, <c>process</c> or <c>end</c>: a pipeline that stays open from the worker's first item of the call to its end. One that
/// has none of them, but cannot be called directly, is called from the process block of such a pipeline.
/// </summary>
internal sealed class SteppedCall(CallSetup setup, ScriptBlock block) : WorkerCall(setup, block)
{
    private readonly bool _isWhole = ScriptShape.HasBlocks(block);
    private SteppablePipeline? _pipeline;
    private bool _wasLost;

    public override void Run(PSCmdlet cmdlet, object? item)
    {
        try
        {
            if (_pipeline is null)
            {
                Begin(cmdlet);
            }

            if (_wasLost)
            {
                _wasLost = false;
                ErrorRecord anew = IpcErrorRecord.From(new IpcException(IpcErrorKind.WorkerDied, Messages.PoolBlocksBeginAnew));
                anew.CategoryInfo.Activity = "Invoke-ProcessPool";
                cmdlet.WriteError(anew);
            }

            _pipeline!.Process(item);
        }
        catch
        {
            // An error that ends a block ends the pipeline: the next item begins another.
            Dispose();
            throw;
        }
    }

    public override void End(PSCmdlet cmdlet)
    {
        if (_isWhole && _pipeline is { } pipeline)
        {
            try
            {
                pipeline.End();
            }
            finally
            {
                Dispose();
            }
        }
    }

    public override void Lose()
    {
        _wasLost = _isWhole && _pipeline is not null;
        Dispose();
    }

    public override void Dispose()
    {
        if (_pipeline is { } pipeline)
        {
            _pipeline = null;
            try
            {
                CleanBlocks.Run(pipeline);
            }
            finally
            {
                pipeline.Dispose();
            }
        }

        base.Dispose();
    }

    private void Begin(PSCmdlet cmdlet)
    {
        string call = ScriptShape.TakesInput(Block) ? ", $_ | & $PSIpcBlock @PSIpcArguments @PSIpcParameters" : "& $PSIpcBlock @PSIpcArguments @PSIpcParameters";
        ScriptBlock whole = OwnScript.Parse(_isWhole
            ? "param($PSIpcBlock, $PSIpcArguments, $PSIpcParameters) & $PSIpcBlock @PSIpcArguments @PSIpcParameters"
            : $"param($PSIpcBlock, $PSIpcArguments, $PSIpcParameters) & {{ param($PSIpcBlock, $PSIpcArguments, $PSIpcParameters) process {{ {call} }} }} $PSIpcBlock $PSIpcArguments $PSIpcParameters");
        _pipeline = whole.GetSteppablePipeline(CommandOrigin.Internal, [Block, Arguments, Setup.Parameters ?? []]);

        // By the context, not by the cmdlet: a cmdlet that takes no input itself would have the blocks take none.
        _pipeline.Begin(expectInput: true, (EngineIntrinsics)cmdlet.SessionState.PSVariable.GetValue("ExecutionContext"));
    }
}

/// <summary>What kind of script block a user gave.</summary>
internal static class ScriptShape
{
    /// <summary>Whether it has begin, process, end or clean blocks of its own.</summary>
    public static bool HasBlocks(ScriptBlock block) =>
        block.Ast is ScriptBlockAst { BeginBlock: not null } or ScriptBlockAst { ProcessBlock: not null } || HasEnd(block);

    /// <summary>Whether something of it comes after the last item: an end or a clean block.</summary>
    public static bool HasEnd(ScriptBlock block) => block.Ast is ScriptBlockAst { EndBlock.Unnamed: false } || CleanBlocks.IsIn(block);

    /// <summary>
    /// Whether the call operator would give each parameter the argument of its place, and nothing could fail: no parameter is a switch or has an attribute, and
    /// each argument converts to its parameter's type. Else the call operator has to bind them, with its rules and its errors.
    /// </summary>
    public static bool BindsByPosition(ScriptBlock block, object?[] arguments)
    {
        if (block.Ast is not ScriptBlockAst { ParamBlock: { } parameters })
        {
            return true;
        }

        if (parameters.Attributes.Count > 0)
        {
            return false;
        }

        for (int i = 0; i < parameters.Parameters.Count; i++)
        {
            foreach (AttributeBaseAst attribute in parameters.Parameters[i].Attributes)
            {
                if (attribute is not TypeConstraintAst || attribute.TypeName.GetReflectionType() is not { } type || type == typeof(SwitchParameter)
                    || (i < arguments.Length && !LanguagePrimitives.TryConvertTo(arguments[i], type, CultureInfo.InvariantCulture, out _)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Whether one of its parameters is bound to what comes through the pipeline.</summary>
    public static bool TakesInput(ScriptBlock block) => block.Ast is ScriptBlockAst { ParamBlock: { } parameters }
        && Bindings(parameters).Any(b => b.NamedArguments.Any(a => a.ArgumentName.StartsWith(nameof(ParameterAttribute.ValueFromPipeline), StringComparison.OrdinalIgnoreCase)));

    private static IEnumerable<AttributeAst> Bindings(ParamBlockAst parameters) =>
        parameters.Parameters.SelectMany(p => p.Attributes).OfType<AttributeAst>().Where(a => a.TypeName.GetReflectionType() == typeof(ParameterAttribute));
}
