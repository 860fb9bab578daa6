// What the page says, in English and Turkish. t("key", {name: value}) fills {name}.

const ENGLISH = {
  packages: "Packages", expected: "Expected", dispatch: "Dispatch", pick: "Pick list", signOut: "Sign out", menu: "Menu",
  place: "Location", choosePlace: "Where do you work?", chooseFirst: "Choose the location whose work you see here.", noPlace: "You have no location yet. Somebody with the role admin can give you one.",
  live: "Live", away: "No connection", awayWaiting: "No connection – {n} to send", sending: "{n} sending", signedOut: "Signed out",
  awayLong: "The server does not answer. Go on working: what you do is kept here and sent when it is back.",
  awayAsOf: "Shown as of {at}.",
  signInAgain: "You are signed out. Sign in again; what waits is sent then.", signIn: "Sign in",
  otherUser: "{n} commands of somebody else wait in this browser; they are sent when that person signs in.",
  scan: "Scan or type a number", scanHint: "Package, order, label, barcode or SKU", find: "Find",
  found: "{what} found", foundNone: "Nothing here has the code {code}.", foundAway: "Only what this browser knows can be found while the server is away.",
  counted: "{name}: {n} of {of}", countedAll: "{name}: all {of} are checked already.", notHere: "{code} does not belong in {number}.",
  open: "All open", finished: "Finished", filter: "Filter", filterOn: "Filter is on", apply: "Show", clear: "Clear", more: "Show more",
  f_date: "Order date", f_order: "Order number", f_package: "Package number", f_barcode: "Barcode", f_sku: "SKU", f_first: "Customer first name", f_last: "Customer last name",
  none_packages: "No packages here. Well done.", none_expected: "Nothing is on its way here.", none_dispatch: "Nothing is to be sent from here.", noneFiltered: "Nothing fits this filter.",
  items: "{n} pieces", item: "1 piece", collects: "Collects here", collectsElsewhere: "Collected at {where}", home: "Delivery", from: "from {where}", to: "to {where}", forPackage: "for {number}",
  back: "Back", notYours: "There is nothing here with this number, or it is another location's.", backToList: "Back to the list",
  allChecked: "All checked", checkedOf: "{n} of {of} checked", checkAll: "All of {name} checked", one: "All", fewer: "One less of {name}", another: "One more of {name}", missing: "Missing", missingOf: "Missing: {name}",
  parcels: "Parcels", fewerParcels: "One parcel less", moreParcels: "One parcel more", arrived: "Arrived", allArrived: "All arrived as written", arrivedOf: "{n} of {of} arrived",
  label: "Print label", document: "Print document", labelWaits: "The carrier's label is not there yet.", carrier: "Carrier", number: "Number", note: "Note", noName: "No name",
  wrong: "Something is wrong", other: "More", close: "Close", cancel: "Back", done: "Done", needsServer: "This needs the server. Try again when it is back.", noAnswer: "No answer. Try again: nothing happens twice.",
  lacking: "Not everything is checked", lackingLong: "These are not checked off:", lackMissing: "Report them missing", lackFine: "Everything is here", lackBack: "Look again",
  missTitle: "What is missing?", missSend: "Report; the rest goes on", missWhole: "Give the whole package back", missNothing: "Say how many are missing.", howMany: "How many", why: "Reason",
  r_not_found: "Not found", r_wrong_product: "Wrong product", r_defective: "Broken",
  short: "Less came than was written", shortLong: "These did not come and are recorded as lost:", shortSend: "Received with these missing",
  code: "Code of the customer", codeHint: "Six digits that the customer was sent", choose: "Choose one.", needed: "This is needed.", reasonFor: "Reason", sendIt: "Send",
  refused: "{what} was refused", refusedBy: "{number}: {title} was refused.", unsent: "{number}: {title} was not sent, since what came before it was refused.", ok: "OK", look: "Look at it",
  waitingOf: "{title} waits for the server", pickTitle: "Pick list", pickNone: "Nothing to pick.", pickWhich: "Which packages", pickStart: "Start picking ({n})", pickDone: "Picked ({n})", print: "Print", pickOf: "{n} pieces for {of} packages", printed: "Pick list of {place}, {at}",
  version: "Nothing is printed while the server is away.", after: "Waits for another transfer first", parts: "Also waits for transfers", notActing: "You may look, not act.",
  leave: "{n} commands wait to be sent. They stay in this browser and are sent when you sign in here again. Sign out now?", state: "State", field_cargo_company: "Carrier", field_tracking_number: "Tracking number", field_query_number: "Query number", field_reason: "Reason",
  field_status: "What the carrier says", field_condition: "Condition", field_replan: "Plan again elsewhere", field_invoice_number: "Invoice number", field_invoice_date: "Invoice date", field_sku: "SKU of the replacement", field_package_item: "In place of", field_quantity: "How many",
  details: "Serial, kg", detailsOf: "Serial number and weight: {name}", serial: "Serial number", weight: "Weight in kg", weightWrong: "A number of kilograms is needed, 0.4 for one.", weigh: "Weigh", parcelWeight: "Parcel {n}: weight in kg", keep: "Keep",
};

const TURKISH = {
  packages: "Paketler", expected: "Beklenen", dispatch: "Gönderilecek", pick: "Toplama listesi", signOut: "Çıkış", menu: "Menü",
  place: "Lokasyon", choosePlace: "Nerede çalışıyorsunuz?", chooseFirst: "İşlerini göreceğiniz lokasyonu seçin.", noPlace: "Henüz bir lokasyonunuz yok. Yönetici size bir lokasyon verebilir.",
  live: "Canlı", away: "Bağlantı yok", awayWaiting: "Bağlantı yok – {n} bekliyor", sending: "{n} gönderiliyor", signedOut: "Oturum kapalı",
  awayLong: "Sunucu yanıt vermiyor. Çalışmaya devam edin: yaptıklarınız burada saklanır ve bağlantı gelince gönderilir.",
  awayAsOf: "{at} itibarıyla gösteriliyor.",
  signInAgain: "Oturumunuz kapandı. Yeniden giriş yapın; bekleyenler o zaman gönderilir.", signIn: "Giriş",
  otherUser: "Bu tarayıcıda başka birinin {n} işlemi bekliyor; o kişi giriş yapınca gönderilir.",
  scan: "Okutun veya numara yazın", scanHint: "Paket, sipariş, etiket, barkod veya SKU", find: "Bul",
  found: "{what} bulundu", foundNone: "{code} kodu burada yok.", foundAway: "Sunucu yokken yalnızca bu tarayıcının bildikleri bulunur.",
  counted: "{name}: {n} / {of}", countedAll: "{name}: {of} adedin hepsi zaten işaretli.", notHere: "{code}, {number} içinde değil.",
  open: "Tüm açıklar", finished: "Bitenler", filter: "Filtre", filterOn: "Filtre açık", apply: "Göster", clear: "Temizle", more: "Daha fazla",
  f_date: "Sipariş tarihi", f_order: "Sipariş numarası", f_package: "Paket numarası", f_barcode: "Barkod", f_sku: "SKU", f_first: "Müşteri adı", f_last: "Müşteri soyadı",
  none_packages: "Burada paket yok. Elinize sağlık.", none_expected: "Buraya gelen bir şey yok.", none_dispatch: "Buradan gönderilecek bir şey yok.", noneFiltered: "Bu filtreye uyan yok.",
  items: "{n} adet", item: "1 adet", collects: "Mağazadan teslim", collectsElsewhere: "{where} mağazasından teslim", home: "Adrese teslim", from: "{where} lokasyonundan", to: "{where} lokasyonuna", forPackage: "{number} için",
  back: "Geri", notYours: "Bu numarayla bir şey yok ya da başka bir lokasyonun.", backToList: "Listeye dön",
  allChecked: "Hepsi işaretli", checkedOf: "{n} / {of} işaretli", checkAll: "{name}: hepsi işaretli", one: "Hepsi", fewer: "{name}: bir eksilt", another: "{name}: bir artır", missing: "Eksik", missingOf: "Eksik: {name}",
  parcels: "Koli", fewerParcels: "Bir koli eksilt", moreParcels: "Bir koli artır", arrived: "Gelen", allArrived: "Hepsi yazıldığı gibi geldi", arrivedOf: "{n} / {of} geldi",
  label: "Etiket yazdır", document: "Belge yazdır", labelWaits: "Kargo etiketi henüz gelmedi.", carrier: "Kargo", number: "Numara", note: "Not", noName: "İsim yok",
  wrong: "Bir sorun var", other: "Diğer", close: "Kapat", cancel: "Geri", done: "Tamam", needsServer: "Bunun için sunucu gerekli. Bağlantı gelince yeniden deneyin.", noAnswer: "Yanıt yok. Yeniden deneyin: hiçbir şey iki kez olmaz.",
  lacking: "Hepsi işaretli değil", lackingLong: "Bunlar işaretlenmedi:", lackMissing: "Eksik olarak bildir", lackFine: "Hepsi burada", lackBack: "Yeniden bak",
  missTitle: "Ne eksik?", missSend: "Bildir; kalanı devam etsin", missWhole: "Paketin tamamını geri ver", missNothing: "Kaç adet eksik olduğunu girin.", howMany: "Kaç adet", why: "Neden",
  r_not_found: "Bulunamadı", r_wrong_product: "Yanlış ürün", r_defective: "Kusurlu",
  short: "Yazılandan az geldi", shortLong: "Bunlar gelmedi ve kayıp olarak yazılır:", shortSend: "Bu eksiklerle teslim al",
  code: "Müşterinin kodu", codeHint: "Müşteriye gönderilen altı rakam", choose: "Birini seçin.", needed: "Bu gerekli.", reasonFor: "Neden", sendIt: "Gönder",
  refused: "{what} reddedildi", refusedBy: "{number}: {title} reddedildi.", unsent: "{number}: {title} gönderilmedi, çünkü öncesi reddedildi.", ok: "Tamam", look: "Göster",
  waitingOf: "{title} sunucuyu bekliyor", pickTitle: "Toplama listesi", pickNone: "Toplanacak bir şey yok.", pickWhich: "Hangi paketler", pickStart: "Toplamaya başla ({n})", pickDone: "Toplandı ({n})", print: "Yazdır", pickOf: "{of} paket için {n} adet", printed: "{place} toplama listesi, {at}",
  version: "Sunucu yokken yazdırılamaz.", after: "Önce başka bir transferi bekliyor", parts: "Transfer de bekliyor", notActing: "Bakabilirsiniz, işlem yapamazsınız.",
  leave: "{n} işlem gönderilmeyi bekliyor. Bu tarayıcıda kalır ve burada yeniden giriş yapınca gönderilir. Şimdi çıkılsın mı?", state: "Durum", field_cargo_company: "Kargo", field_tracking_number: "Takip numarası", field_query_number: "Sorgu numarası", field_reason: "Neden",
  field_status: "Kargonun bildirdiği", field_condition: "Durumu", field_replan: "Başka yerden planla", field_invoice_number: "Fatura numarası", field_invoice_date: "Fatura tarihi", field_sku: "Yerine konan SKU", field_package_item: "Yerine", field_quantity: "Kaç adet",
  details: "Seri no, kg", detailsOf: "Seri numarası ve ağırlık: {name}", serial: "Seri numarası", weight: "Ağırlık (kg)", weightWrong: "Kilogram olarak bir sayı gerekli, örneğin 0.4.", weigh: "Tart", parcelWeight: "Koli {n}: ağırlık (kg)", keep: "Kaydet",
};

// Commands as a clerk calls them; one that is not here is called as the API names it.
const COMMANDS = {
  "start-preparing": ["Start picking", "Toplamaya başla"], "ready-for-packaging": ["All picked", "Hepsi toplandı"], "complete-packaging-with-shipment": ["Packed", "Paketlendi"],
  "complete-packaging-without-shipment": ["Packed, no carrier", "Paketlendi, kargosuz"], "ship-package": ["Handed to the carrier", "Kargoya verildi"], "ready-for-pickup": ["Ready to collect", "Teslime hazır"],
  "deliver-to-customer": ["Hand over", "Teslim et"], "package-refuse-with-denial-reason": ["Refuse the package", "Paketi reddet"], "product-not-found": ["Give the whole package back", "Paketin tamamını geri ver"],
  "product-not-found-advanced": ["Items are missing", "Eksik ürün var"], "block-package": ["Block", "Bloke et"], "unblock-package": ["Unblock", "Blokeyi kaldır"], "cancel-package": ["Cancel the package", "Paketi iptal et"],
  "unpack-package": ["Unpack", "Paketi aç"], "reopen-picking": ["Pick again", "Yeniden topla"], "replace-product": ["Replace an item", "Ürün değiştir"], "return-package": ["Came back", "İade geldi"], "update-shipment-label": ["Ask for the label again", "Etiketi yeniden iste"],
  "transfer-ready-for-dispatch": ["Ready to send", "Gönderime hazır"], "transfer-dispatch": ["Sent", "Gönderildi"], "transfer-delivered": ["Received", "Teslim alındı"], "product-for-transfer-not-found": ["Items are missing", "Eksik ürün var"],
  "transfer-out-of-stock": ["None of it is here", "Hiçbiri yok"], "cancel-transfer": ["Cancel the transfer", "Transferi iptal et"], "reschedule": ["Plan again", "Yeniden planla"], "package-advanced-shipment": ["Sent with a number", "Numarayla gönderildi"],
};

export const turkish = document.documentElement.lang === "tr";
const WORDS = turkish ? TURKISH : ENGLISH;

export function t(name, values = {}) {
  return (WORDS[name] ?? ENGLISH[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export function called(command) {
  return COMMANDS[command.known]?.[turkish ? 1 : 0] ?? command.name;
}

export function has(name) {
  return name in ENGLISH;
}

export function moment(text) {
  if (!text) return "";
  return new Intl.DateTimeFormat(turkish ? "tr" : "en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(new Date(text));
}

export const pieces = (items) => items.reduce((sum, item) => sum + Number(item.quantity), 0);
export const howMany = (n) => (n === 1 ? t("item") : t("items", { n }));
