"""The objects of spec 7 as JSON schemas for openapi.json: `name:type` a field. `?`: may be null; `[]`: a list."""

from typing import Any

_PLAIN: dict[str, dict[str, Any]] = {
    "int": {"type": "integer"},
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "decimal": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    "time": {"type": "string", "format": "date-time"},
    "object": {"type": "object"},
    "any": {},
}

OBJECTS = {
    "Key": "key:str",
    "State": """id:int name:str translations:object config:object enum_class:str enum_value:str content_type:str
        created_date:time? modified_date:time?""",
    "AllowedCommand": "transition:int slug:str name:str input_schema:object?",
    "Place": "pk:int? name:str? is_active:bool latitude:any longitude:any",
    "KnownPlace": """id:int pk:int name:str code:str? country:int? city:int? township:int? is_active:bool latitude:any
        longitude:any""",
    "Address": """id:any title:str? line:str? postcode:str? notes:str? latitude:decimal? longitude:decimal?
        is_active:bool mapping:any country:Place? city:Place? township:Place? district:Place?""",
    "StockLocation": """id:int omnitron_id:any name:str stock_location_type:str erp_code:str engine:any
        address:Address? is_fulfillment_center:bool is_pickup_location:bool is_delivery_location:bool
        is_transfer_location:bool is_return_available:bool is_fast_delivery_available:bool is_active:bool priority:int
        tags:str[] conf:object daytime_phone:str? evening_phone:str? fax_number:str? email:str? max_quota:int?
        quota:int? available_quota:int? target_packaging_minutes:int? target_exit_minutes:int? opening_hours:any
        closed_days:any cut_off:any closed_until:any max_packages_per_day:int? channel_limits:any safety_stock:any
        auto_reroute_after:any created_date:time? modified_date:time?""",
    "Product": """id:any omnitron_id:any name:str? base_code:str? sku:str barcode:str? attributes:object
        attributes_kwargs:object extra_attributes:object productimage_set:object[] created_date:time?
        modified_date:time? remote_modified_date:time?""",
    "OrderItem": """id:int omnitron_id:any order:int state:State commands:AllowedCommand[] product:Product
        quantity:int net_amount:any price:decimal price_currency:str? retail_price:any tax_rate:decimal tax_amount:any
        discount_amount:decimal without_net_amount:any installment_interest_amount:any attributes:object
        attributes_kwargs:object image:any price_list:any stock_list:any extra_field:object parent_omnitron_id:any
        created_date:time? modified_date:time?""",
    "Customer": "id:any email:str? first_name:str? last_name:str? phone_number:str?",
    "CustomerListed": """id:int email:str? first_name:str? last_name:str? phone_number:str? created_date:time?
        modified_date:time?""",
    "CustomerForgotten": "id:int orders:int",
    "RetailStore": "erp_code:str name:str?",
    "Order": """id:int omnitron_id:any number:str state:State commands:AllowedCommand[] channel:int channel_name:str?
        customer:Customer currency:str? amount:decimal discount_amount:decimal shipping_amount:decimal
        refund_amount:any payment_type:str? customer_type:str? cargo_company:int? delivery_type:str
        retail_store:RetailStore? ship_complete:bool delivery_range:object? is_click_and_collect:bool
        shipping_address:Address? billing_address:Address? notes:str? has_gift_box:any gift_box_note:any
        language_code:any tracking_number:str? invoice_number:any invoice_date:any extra_field:object
        date_placed:time? orderitem_set:OrderItem[] package_set:int[] created_date:time? modified_date:time?""",
    "OrderShort": """id:int omnitron_id:any number:str state:State channel:int channel_name:str? customer:Customer
        shipping_address:Address? delivery_type:str is_click_and_collect:bool retail_store:RetailStore?
        date_placed:time?""",
    "PackageItem": """id:int package:int order_item:int state:State product:Product quantity:int unit_type:str
        unit_weight:any discrepancy_reason:str? denial_reason:any selected_barcode:str? serial_no:str?
        replaces:str? transfer_orders:int[] projected_departure:time? created_date:time? modified_date:time?""",
    "PlannedBy": "id:int version:int rule:str?",
    "CargoCompanyShort": "id:int name:str slug:str",
    "Parcel": "awb_number:str? weight:any",
    "ShipmentStep": "state:str at:time? source:str?",
    "Shipment": """id:int state:State package:int? transfer_order:int? cargo_company:CargoCompanyShort?
        awb_number:str? parcels:Parcel[] query_number:str? label:object? return_shipment:object?
        sender_address:Address? destination:Address?
        created_date:time? modified_date:time? shipped_date:time? delivered_date:time? history:ShipmentStep[]""",
    "Package": """id:int number:str state:State commands:AllowedCommand[] order:OrderShort order_id:int
        order_number:str channel_name:str? remote_id:any date_placed:time? order_notes:str? payment_type:str? city:str?
        delivery_range:object? stock_location:StockLocation? shipment:Shipment? shipment_date:time?
        shipping_label:object? invoice_number:str? invoice:object? bill:object? cancellation_failure:bool
        packageitem_set:PackageItem[] transfer_orders:int[] scenario:PlannedBy plan:int? created_date:time?
        modified_date:time?""",
    "Prepared": "package:int number:str stock_location:int package_items:PackageItem[]",
    "PackageShort": """id:int number:str state:str commands:str[] order:int order_id:int order_number:str
        channel_name:str? remote_id:any date_placed:time? order_notes:str? payment_type:str? city:str?
        delivery_range:object? stock_location:int stock_location_erp_code:str? shipment:int? shipment_date:time?
        shipping_label:object? invoice_number:str? invoice:object? cancellation_failure:bool packageitem_count:int
        packageitem_set:int[] transfer_orders:int[] scenario:PlannedBy plan:int? created_date:time?
        modified_date:time?""",
    "TransferItem": """id:int state:State transfer_order:int package_item:PackageItem? product:Product name:str?
        stock_code:str barcode:str? quantity:int unit_type:str created_date:time? modified_date:time?""",
    "TransferOrder": """id:int number:str state:State order:int package:int? source:StockLocation?
        destination:StockLocation? transferitem_set:TransferItem[] shipment:any extra_information:object
        commands:AllowedCommand[] created_date:time? modified_date:time?""",
    "TransferOrderShort": """id:int number:str state:str order:int package:int? source:int source_erp_code:str?
        destination:int destination_erp_code:str? transferitem_count:int transferitem_set:int[] shipment:any
        extra_information:object commands:str[] created_date:time? modified_date:time?""",
    "InventoryDiscrepancy": """id:int order:int order_number:str package:int? transfer_order:int? stock_location:int
        erp_code:str? sku:str quantity:int reason:str removed:bool closed_date:time? counted:int? created_date:time?
        modified_date:time?""",
    "CancellationAnswer": "order_item:int accepted:bool package:int? reason:str? quantity:int",
    "CancellationAnswers": "results:CancellationAnswer[]",
    "PlanItem": "order_item:int quantity:int package:int? stock_location:int? rule:str? reason:str?",
    "PlanContext": "stock:object asked_at:any scenario:int version:int",
    "OrderExecutionPlan": """id:int state:State order:int commands:AllowedCommand[]
        orderexecutionplanitem_set:PlanItem[] context:PlanContext explanation:str[] rules:object[]
        created_date:time? modified_date:time?""",
    "StateTransitionLog": """id:int object_id:int content_type:str old_state:State new_state:State user:str
        attributes:object created_date:time?""",
    "TransitionSettings": """sync_remote_order_status:bool remote_invoice_call:object?
        remote_bill_fulfillment_call:object?""",
    "PermissionGroup": "id:int name:str permissions:str[] created_date:time? modified_date:time?",
    "AuditEvent": """id:int uuid:str timestamp:time remote_addr:str method:str url:str query_params:object
        post_data:any headers:object object_id:str? content:object status_code:int user:str user_id:int
        content_type:str? request_id:str""",
    "ApplicationSetting": "id:int key:str json_value:any created_date:time? modified_date:time?",
    "Transition": """id:int slug:str aliases:str[] name:str object:str source_states:str[] target_state:str?
        is_active:bool settings:TransitionSettings permissions:any[] input_schema:object?""",
    "Channel": """id:int name:str slug:str channel_type:str conf:object settings:object is_active:bool
        created_date:time? modified_date:time?""",
    "CargoCompany": """id:int name:str slug:str label_required:bool conf:object is_active:bool created_date:time?
        modified_date:time?""",
    "DenialReason": """id:int title:str remote_id:str? priority:int is_active:bool exclude_for:int created_date:time?
        modified_date:time?""",
    "CancellationReason": """id:int title:str remote_id:str? priority:int is_active:bool created_date:time?
        modified_date:time?""",
    "PulledReason": "remote_id:str title:str? id:int? result:str message:str?",
    "PulledReasons": "created:int updated:int unchanged:int refused:int results:PulledReason[]",
    "RefusedBySource": "endpoint:str pk:str reason:str",
    "OrderSourceStatus": "connected:bool seller_center:bool cursors:object refused:RefusedBySource[]",
    "SenderAddress": """id:int stock_location:int cargo_company:int origin_id:str remote_id:str? is_active:bool
        created_date:time? modified_date:time?""",
    "CargoCompanyCondition": """id:int name:str cargo_company:int expression:str priority:int is_active:bool
        created_date:time? modified_date:time?""",
    "LocationAddress": """id:any title:str? line:str? postcode:str? notes:str? latitude:decimal? longitude:decimal?
        is_active:bool mapping:any country:Place? city:Place? township:Place? district:Place? stock_location:int
        erp_code:str""",
    "PackageMovements": "id:int erp_code:str name:str stock_location_type:str total:int states:object",
    "TransferMovements": """id:int erp_code:str name:str stock_location_type:str total:int states:object
        incoming:object""",
    "StockChange": """position:int date:time stock_location:int erp_code:str sku:str quantity:decimal actor:str
        command:str""",
    "JobRun": """id:int job:str state:str due:time? asked_by:str? tries:int owner:str? started_date:time?
        ended_date:time? outcome:object? error:str?""",
    "JobSchedule": "interval_seconds:int? crontab:str? timezone:str",
    "Job": """id:int name:str sentence:str is_active:bool interval_seconds:int? crontab:str? timezone:str
        declared:JobSchedule next_run:time? running:bool last_runs:JobRun[] created_date:time? modified_date:time?""",
    "Import": """id:int kind:str source:str file_name:str? status:str dry_run:bool rows:int created:int changed:int
        unchanged:int rejected:int message:str? user:str created_date:time? started_date:time? ended_date:time?""",
    "ImportKind": "name:str description:str columns:str[]",
    "ImportProblem": "row:int field:str text:str",
    "SimulatedPeriod": """id:int status:str from:str to:str scenario:str? position:int until_position:int message:str?
        user:str created_date:time? started_date:time? ended_date:time?""",
    "SimulatedPeriodReport": """id:int status:str from:str to:str scenario:str? position:int until_position:int
        message:str? user:str created_date:time? started_date:time? ended_date:time? report:object? table:str?
        charts:object?""",
    "TrafficCall": """date:time from:str to:str what:str method:str place:str status:int? seconds:float? outcome:str
        error:str?""",
    "TrafficEdge": """from:str to:str calls:int ok:int declined:int failed:int seconds:float? what:str[] first_date:time
        last_date:time last_outcome:str last_error:str?""",
    "TrafficSummary": "results:TrafficEdge[]",
    "SetupNeed": "step:str is_required:bool",
    "SetupStatus": "step:str status:str",
    "Stock": """stock_location:int erp_code:str? sku:str quantity:decimal reserved:decimal available:decimal
        asked_at:time?""",
    "Webhook": """id:int version:int target_url:str event_type:str has_secret_key:bool additional_headers:object
        config:object retry_countdown_config:object? is_active:bool user:int health:WebhookHealth created_date:time?
        modified_date:time?""",
    "WebhookHealth": """breaker:str reason:str? failing_since:time? failures:int? status:int?
        next_probe_date:time?""",
    "WebhookAttempt": """id:str number:int date:time target_url:str request_headers:object address:str?
        response_http_status:int? error:str? response_content:str? response_time:float? forced:bool""",
    "WebhookEvent": """id:int uuid:str webhook:int event_type:str state:str request_payload:object?
        response_content:str? response_http_status:int? delivered:bool request_datetimes:time[] retry_count:int
        response_time:float? content_type:str object_id:int attempts:WebhookAttempt[] created_date:time?
        modified_date:time?""",
    "WebhookTrial": "detail:str response_status:int? response_content:str? delivered:bool response_time:float?",
    "WebhookReplay": "count:int first_position:int? last_position:int? dry_run:bool",
    "WebhookPulled": "id:int event:object payload:object",
    "WebhookPull": "after:int more:bool results:WebhookPulled[]",
    "WebhookEventType": "event_type:str description:str kind:str payload_schema:object",
    "CarrierHeard": "taken:int unknown:str[]",
    "OutsideCall": """id:int kind:str description:str subject:str system:str order:int? state:str tries:int
        due_date:time? note:str? idempotency_key:str position:int created_date:time? ended_date:time?""",
    "OutsideCallWithAttempts": """id:int kind:str description:str subject:str system:str order:int? state:str tries:int
        due_date:time? note:str? idempotency_key:str position:int created_date:time? ended_date:time?
        attempts:OutsideRequest[]""",
    "OutsideRequest": """id:int date:time? system:str what:str call:int? method:str place:str response_status:int?
        response_time:float? outcome:str error:str?""",
    "HistoryEntry": """position:int version:int at:time event:str sentence:str actor:str command:str correlation:str
        causation:str data:object changes:Change[] request:CausedBy? webhooks:object[]""",
    "CausedBy": "id:int at:time user:str remote_addr:str method:str url:str status_code:int",
    "Change": "field:str from:any to:any",
    "History": "results:HistoryEntry[]",
    "Diff": "changes:Change[]",
    "LocationClosed": "stock_location:StockLocation planned_again:int[]",
    "Found": "kind:str id:int order:int?",
    "AuditSearch": "results:Found[]",
    "ChainEntry": """position:int at:time kind:str id:int stream:str stream_version:int event:str sentence:str actor:str
        command:str correlation:str causation:str data:object event_id:str command_id:str request:CausedBy?
        webhooks:object[]""",
    "SlaRow": """location:int? erp_code:str? period:time? phase:str packages:int mean:float p50:float p90:float
        p99:float max:float target:int? late:int? going_on:int""",
    "SlaPackage": """package:int number:str order:int location:int erp_code:str? born:time seconds:object late:str[]
        now:str?""",
    "AsOfPage": "count:int next:str? previous:str? results:object[]",
    "Chain": "results:ChainEntry[] next_after:int?",
    "Verified": """events:int after:int until:int seconds:float violations:object[] chain:str? compared:object
        shortfalls:int""",
    "StockWhenPlanned": "date:time? order_item:object stock_data:object",
}
"""Name of a component → its fields, all of them always there; more may follow them."""


def object_schemas() -> dict[str, dict[str, Any]]:
    """Name → JSON schema."""
    return {name: _schema(fields) for name, fields in OBJECTS.items()}


def _schema(fields: str) -> dict[str, Any]:
    pairs = [one.split(":") for one in fields.split()]
    properties = {name: _type(type_) for name, type_ in pairs}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _type(name: str) -> dict[str, Any]:
    if name.endswith("?"):
        return _nullable(_type(name[:-1]))
    if name.endswith("[]"):
        return {"type": "array", "items": _type(name[:-2])}
    return dict(_PLAIN[name]) if name in _PLAIN else {"$ref": f"#/components/schemas/{name}"}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def page_schema(component: str) -> dict[str, Any]:
    """A page of these objects."""
    return {
        "type": "object",
        "properties": {
            "count": {"type": "integer", "description": "All rows, whatever the page."},
            "count_exact": {"type": "boolean", "description": "false: `count` is an estimate; else not there."},
            "next": {"type": ["string", "null"]},
            "previous": {"type": ["string", "null"]},
            "results": {"type": "array", "items": {"$ref": f"#/components/schemas/{component}"}},
        },
        "required": ["count", "next", "previous", "results"],
    }
