"""Receipts of checks: what is signed, how it hangs together, and how anybody verifies it offline.

For: those who issue receipts, the command line, and clients. Owns the algorithm that
`docs/receipts.md` describes. Knows no database, no file and no network; it needs Python and the
package cryptography. Must never hold a private key: who issues signs elsewhere.
"""

from tocsin.engine.receipts.items import (
    FIELDS,
    MEDIA_DOOR,
    SALT_BYTES,
    content,
    frame_text,
    item_leaves,
    one_item,
)
from tocsin.engine.receipts.jws import Keys, from_text, key_set, read_keys, to_text
from tocsin.engine.receipts.proving import (
    prove_consistent,
    prove_item,
    prove_items,
    prove_logged,
)
from tocsin.engine.receipts.records import (
    HeadTold,
    Kept,
    asked_items,
    item_proof_json,
    log_proof_json,
    path_json,
    read_head,
    read_kept,
    read_log_proof,
)
from tocsin.engine.receipts.signed import (
    batch_leaf,
    head_input,
    open_head,
    open_receipt,
    place_of,
    receipt_input,
    receipt_leaf,
    time_text,
)
from tocsin.engine.receipts.tiles import TreeDamaged, appended, nodes
from tocsin.engine.receipts.tree import (
    Growing,
    Node,
    consistency_path,
    inclusion_path,
    leaf_hash,
    nodes_of,
    root,
    root_of,
)
from tocsin.engine.receipts.types import (
    Head,
    Item,
    ItemProof,
    LogProof,
    NotProven,
    PublicKey,
    Receipt,
)

__all__ = [
    "FIELDS",
    "MEDIA_DOOR",
    "SALT_BYTES",
    "Growing",
    "Head",
    "HeadTold",
    "Item",
    "ItemProof",
    "Kept",
    "Keys",
    "LogProof",
    "Node",
    "NotProven",
    "PublicKey",
    "Receipt",
    "TreeDamaged",
    "appended",
    "asked_items",
    "batch_leaf",
    "consistency_path",
    "content",
    "frame_text",
    "from_text",
    "head_input",
    "inclusion_path",
    "item_leaves",
    "item_proof_json",
    "key_set",
    "leaf_hash",
    "log_proof_json",
    "nodes",
    "nodes_of",
    "one_item",
    "open_head",
    "open_receipt",
    "path_json",
    "place_of",
    "prove_consistent",
    "prove_item",
    "prove_items",
    "prove_logged",
    "read_head",
    "read_kept",
    "read_keys",
    "read_log_proof",
    "receipt_input",
    "receipt_leaf",
    "root",
    "root_of",
    "time_text",
    "to_text",
]
